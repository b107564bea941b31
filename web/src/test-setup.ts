// What tests of components need of a browser and jsdom has not.
import { vi } from "vitest";

// Mantine asks for the colour scheme.
vi.stubGlobal("matchMedia", () => ({
  matches: false,
  addEventListener: vi.fn(),
  removeEventListener: vi.fn(),
}));

// Menus watch how large their buttons are.
vi.stubGlobal(
  "ResizeObserver",
  class {
    observe = vi.fn();
    disconnect = vi.fn();
  },
);
