// A stat while it is being written, and what is still wrong with it.
import { exactSum } from "@/api/exact";
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

export type DraftErrors = Partial<Record<"name" | "choices" | "minimum" | "maximum" | "step", string>>;

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

/** A bound as the API writes it for the type; undefined when it is none, null when it cannot be read. */
function bound(text: string, type: Stat["data_type"]): number | string | undefined | null {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  if (plain === "") return undefined;
  if (type === "duration") return parseDuration(plain);
  if (!(type === "decimal" ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/).test(plain)) return null;
  return type === "decimal" ? exactSum([plain]) : Number(plain);
}

const choicesOf = (draft: StatDraft): string[] => [
  ...new Set(
    draft.choices
      .split(",")
      .map((choice) => choice.trim())
      .filter((choice) => choice !== ""),
  ),
];

export function errorsOf(draft: StatDraft, all: readonly StatDraft[], games: Messages["games"]): DraftErrors {
  const errors: DraftErrors = {};
  const name = draft.name.trim();
  if (name === "") errors.name = games.needsName;
  else if (all.some((other) => other.id !== draft.id && other.name.trim() === name))
    errors.name = games.twice;
  if (draft.data_type === "choice" && choicesOf(draft).length < 2) errors.choices = games.needsChoices;
  if (numeric(draft)) {
    for (const field of ["minimum", "maximum", "step"] as const) {
      if (bound(draft[field], draft.data_type) === null) errors[field] = games.badNumber;
    }
  }
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
