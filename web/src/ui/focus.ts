// Where the keyboard is, when what it was on has gone.
import { useEffect } from "react";

const lost = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** Leads the keyboard to the page itself; nothing moves on the screen. */
export function focusPage(): void {
  document.getElementById("content")?.focus({ preventScroll: true });
}

/** Leads the keyboard to the page if it is nowhere. */
export function rescueFocus(): void {
  if (lost()) focusPage();
}

/** An item of a menu goes with its menu; the button that opened the menu stays. */
function lasting(element: Element | null): HTMLElement | null {
  const menu = element?.closest("[role='menu']");
  const button = menu && document.getElementById(menu.getAttribute("aria-labelledby") ?? "");
  return button ?? (element instanceof HTMLElement ? element : null);
}

/** Gives the focus back, when the dialog that calls this is gone, to what had it before. */
export function useFocusReturn(): void {
  useEffect(() => {
    const opener = lasting(document.activeElement);
    return () => {
      if (lost()) opener?.focus({ preventScroll: true });
      rescueFocus();
    };
  }, []);
}
