// The filters of the history: what stands in the page's address, and what the API is asked.
import type { HistoryFilters } from "@/api/types";

const NAMES = [
  "q",
  "game_id",
  "status",
  "mode",
  "outcome",
  "players",
  "from",
  "to",
  "player_id",
  "opponent_id",
  "voided",
  "scope",
] as const;

export type FilterName = (typeof NAMES)[number];
/** By name, as they stand in the address; the API checks what they mean. */
export type Filters = Partial<Record<FilterName, string>>;

export function filtersOf(address: URLSearchParams): Filters {
  const given = NAMES.map((name) => [name, address.get(name)?.trim()] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== ""));
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The moment at which a day begins here; a moment stays what it is. */
function moment(text: string, daysLater = 0): string {
  if (!DAY.test(text)) return text;
  const day = new Date(`${text}T00:00:00`);
  day.setDate(day.getDate() + daysLater);
  return day.toISOString();
}

/** What to ask the API: days are those of this device, the last one included. */
export function asked(filters: Filters): HistoryFilters {
  return {
    ...filters,
    ...(filters.from !== undefined && { from: moment(filters.from) }),
    ...(filters.to !== undefined && { to: moment(filters.to, 1) }),
  } as HistoryFilters;
}

/** The day in which a moment lies here, for a date field; before an end, the last day that has any of it. */
export function dayOf(text: string | undefined, end: "end" | null = null): string {
  if (text === undefined || DAY.test(text)) return text ?? "";
  const day = new Date(text);
  if (Number.isNaN(day.getTime())) return "";
  if (end !== null) day.setMilliseconds(day.getMilliseconds() - 1);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
