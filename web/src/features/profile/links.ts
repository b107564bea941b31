// From a figure to the sessions behind it.

/** The page of the history for the API's list at `path`, narrowed down by more filters. */
export function sessionsPage(path: string, more: Readonly<Record<string, string>> = {}): string {
  const filters = new URLSearchParams(path.slice(path.indexOf("?") + 1));
  for (const [name, value] of Object.entries(more)) filters.set(name, value);
  return `/history?${filters.toString()}`;
}
