// The one theme: ink green on paper, big enough to hit across a table.
import { Badge, Button, createTheme, Drawer, Modal } from "@mantine/core";

// Scroll is kept from moving behind an overlay by CSS (app.css), not by a style element that a
// content security policy would have to allow.
const overlay = { lockScroll: false, transitionProps: { duration: 120 } };

export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: "md",
  autoContrast: true,
  components: {
    Badge: Badge.extend({ defaultProps: { tt: "none" } }),
    Button: Button.extend({ defaultProps: { size: "md" } }),
    Drawer: Drawer.extend({ defaultProps: overlay }),
    Modal: Modal.extend({ defaultProps: { ...overlay, centered: true } }),
  },
});
