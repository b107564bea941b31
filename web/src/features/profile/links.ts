// From a figure to the sessions behind it.
import { exactCompare } from "@/api/exact";
import type { RecordFigures } from "@/api/types";

/** The page of the history for the API's list at `path`, narrowed down by more filters. */
export function sessionsPage(path: string, more: Readonly<Record<string, string>> = {}): string {
  const filters = new URLSearchParams(path.slice(path.indexOf("?") + 1));
  for (const [name, value] of Object.entries(more)) filters.set(name, value);
  return `/history?${filters.toString()}`;
}

/** The session of a best or worst score; all at `path` where its record is not known. */
export function scorePage(
  records: readonly RecordFigures[],
  score: number | string | null,
  path: string,
): string {
  const of = records.find(
    ({ record, value }) => record.endsWith("_score") && score !== null && exactCompare(value, score) === 0,
  );
  return of === undefined ? sessionsPage(path) : `/s/${of.session_id}`;
}

/** What was won in the longest streak, of all at `path`; everything won where its record is not known. */
export function streakPage(records: readonly RecordFigures[], longest: number, path: string): string {
  const of = records.find(({ record, value }) => record === "longest_streak" && value === longest);
  if (of === undefined) return sessionsPage(path, { outcome: "won" });
  const to = new Date(Date.parse(of.at) + 1).toISOString(); // the last one is included
  return sessionsPage(path, { outcome: "won", from: of.first_at, to });
}
