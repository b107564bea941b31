// A form that cannot be sent shows where it is wrong.

/** Leads to the first field of a form that shows an error. */
export function focusWrong(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLElement>("[aria-invalid='true']");
  field?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: "center" }); // its label above and its error below included
}
