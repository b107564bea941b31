// What all dialogs have in common. Each is mounted when it opens and unmounted when it closes.
import { useEffect, useRef } from "react";
import { useMessages } from "@/i18n/language";
import { useFocusReturn } from "@/ui/focus";

// While dialogs are open, the history has one entry more: going back closes a dialog, and leaves no page.
const closers: (() => void)[] = [];
let goingBack = false; // past our own entry, as the dialogs are closed already

const entered = (): boolean => (history.state as { dialog?: boolean } | null)?.dialog === true;

function enter(): void {
  if (!entered()) history.pushState({ ...(history.state as object | null), dialog: true }, "");
}

addEventListener("popstate", () => {
  const ours = goingBack;
  goingBack = false;
  if (!ours) closers.pop()?.();
  if (closers.length > 0) enter();
});

function useBackCloses(onClose: () => void): void {
  const latest = useRef(onClose);
  useEffect(() => {
    latest.current = onClose;
  });
  useEffect(() => {
    const close = (): void => latest.current();
    closers.push(close);
    enter();
    return () => {
      if (closers.includes(close)) closers.splice(closers.indexOf(close), 1);
      // A dialog that follows another at once has the entry of that one.
      queueMicrotask(() => {
        if (closers.length > 0 || goingBack || !entered()) return;
        goingBack = true;
        history.back();
      });
    };
  }, []);
}

/** The properties of a `Modal` or a `Drawer` that is open; the focus goes back to what opened it. */
export function useDialog(onClose: () => void) {
  const { app } = useMessages();
  useFocusReturn();
  useBackCloses(onClose);
  return { opened: true, onClose, closeButtonProps: { "aria-label": app.close } };
}
