// What all dialogs have in common. Each is mounted when it opens and unmounted when it closes.
import { useMessages } from "@/i18n/language";
import { useFocusReturn } from "@/ui/focus";

/** The properties of a `Modal` or a `Drawer` that is open; the focus goes back to what opened it. */
export function useDialog(onClose: () => void) {
  const { app } = useMessages();
  useFocusReturn();
  return { opened: true, onClose, closeButtonProps: { "aria-label": app.close } };
}
