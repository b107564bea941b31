// A stat while it is being written, and what is still wrong with it.
import { exactCompare, exactSum } from "@/api/exact";
import type { NewStat, Stat } from "@/api/types";
import { parseDuration } from "@/i18n/format";
import type { Messages } from "@/i18n/en";

export interface StatDraft {
  id: number;
  name: string;
  data_type: Stat["data_type"];
  scope: Stat["scope"];
  /** Null until somebody says whether it counts into the total. */
  scoring: boolean | null;
  choices: string;
  minimum: string;
  maximum: string;
  step: string;
}

export const DRAFT_FIELDS = ["name", "choices", "minimum", "maximum", "step"] as const;
export type DraftErrors = Partial<Record<(typeof DRAFT_FIELDS)[number], string>>;

export const numeric = (draft: StatDraft): boolean =>
  ["integer", "decimal", "duration"].includes(draft.data_type);

/** Whether a draft is of a kind that can count into the total. */
export const countable = (draft: StatDraft): boolean => numeric(draft) && draft.scope === "player";

/** Whether it does: as somebody said; else the first that can, and a time only where nothing else can. */
export function counts(draft: StatDraft, all: readonly StatDraft[]): boolean {
  const able = all.filter(countable);
  const first = able.find((each) => each.data_type !== "duration") ?? able[0];
  return countable(draft) && (draft.scoring ?? draft.id === first?.id);
}

export function emptyDraft(id: number, name: string): StatDraft {
  const bounds = { minimum: "", maximum: "", step: "" };
  return { id, name, data_type: "integer", scope: "player", scoring: null, choices: "", ...bounds };
}

export const MOST_STATS = 64;
const MOST_CHOICES = 100;

/** Names that differ in capitals only are one to the server. */
const folded = (name: string): string => name.trim().normalize("NFKC").toLowerCase();

/** A bound as the API writes it for the type; undefined when it is none, null when it cannot be read. */
function bound(text: string, type: Stat["data_type"]): number | string | undefined | null {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  if (plain === "") return undefined;
  if (type === "duration") return parseDuration(plain);
  if (!(type === "decimal" ? /^-?\d{1,15}(\.\d{1,9})?$/ : /^-?\d+$/).test(plain)) return null;
  if (type === "decimal") return exactSum([plain]);
  return Number.isSafeInteger(Number(plain)) ? Number(plain) : null;
}

function choicesOf(draft: StatDraft): string[] {
  const named = draft.choices.split(",").map((choice) => choice.trim());
  const first = new Map(named.toReversed().map((choice) => [folded(choice), choice]));
  return [...first.values()].toReversed().filter((choice) => choice !== "");
}

export function errorsOf(draft: StatDraft, all: readonly StatDraft[], games: Messages["games"]): DraftErrors {
  const errors: DraftErrors = {};
  const name = draft.name.trim();
  if (name === "") errors.name = games.needsName;
  else if (all.some((other) => other.id !== draft.id && folded(other.name) === folded(name)))
    errors.name = games.twice;
  if (draft.data_type === "choice") {
    const choices = choicesOf(draft);
    if (choices.length < 2) errors.choices = games.needsChoices;
    else if (choices.length > MOST_CHOICES) errors.choices = games.tooMany(MOST_CHOICES);
    else if (choices.some((choice) => choice.length > 100)) errors.choices = games.tooLong;
  }
  if (numeric(draft)) {
    for (const field of ["minimum", "maximum", "step"] as const) {
      if (bound(draft[field], draft.data_type) === null) errors[field] = games.badNumber;
    }
    const [minimum, maximum, step] = [draft.minimum, draft.maximum, draft.step].map((text) =>
      bound(text, draft.data_type),
    );
    if (minimum != null && maximum != null && exactCompare(minimum, maximum) > 0)
      errors.minimum = games.aboveMaximum;
    if (step != null && Number(step) <= 0) errors.step = games.stepTooSmall;
  }
  return errors;
}

/** What is wrong with how few and how many may play. */
export function playersErrors(
  fewest: number | string,
  most: number | string,
  games: Messages["games"],
): { fewest?: string; most?: string } {
  const off = (number: number | string): boolean =>
    typeof number === "number" && !(number >= 1 && number <= 100);
  const errors: { fewest?: string; most?: string } = {};
  if (off(fewest)) errors.fewest = games.playersRange;
  else if (typeof fewest === "number" && typeof most === "number" && fewest > most)
    errors.fewest = games.aboveMost;
  if (off(most)) errors.most = games.playersRange;
  return errors;
}

/** The stat of a draft without errors, among all of the game. */
export function statOf(draft: StatDraft, all: readonly StatDraft[]): NewStat {
  const stat: NewStat = {
    name: draft.name.trim(),
    data_type: draft.data_type,
    scope: draft.scope,
    scoring: counts(draft, all),
    choices: draft.data_type === "choice" ? choicesOf(draft) : [],
  };
  if (!numeric(draft)) return stat;
  for (const field of ["minimum", "maximum", "step"] as const) {
    const value = bound(draft[field], draft.data_type);
    if (value != null) stat[field] = value;
  }
  return stat;
}
