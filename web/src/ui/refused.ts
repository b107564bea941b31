// What the server refuses of a form, in words: which field, and why.
import { Problem } from "@/api/problem";
import type { Messages } from "@/i18n/en";

type Reasons = Messages["fields"]["reasons"];

/** The server's words, and how to say them. */
const REASONS: readonly [RegExp, (reasons: Reasons, ...found: string[]) => string][] = [
  [/^at most (\d+) characters/, (reasons, most = "") => reasons.atMost(most)],
  [/^needs (\d+) to (\d+) characters/, (reasons, from = "", to = "") => reasons.between(from, to)],
  [/^must be from (\d+) to (\d+)/, (reasons, from = "", to = "") => reasons.range(from, to)],
  [/^must (lie within|be a whole number|be a decimal)|digits before/, (reasons) => reasons.number],
  [/^needs at least one visible/, (reasons) => reasons.visible],
  [/control characters|half a character/, (reasons) => reasons.control],
  [/^needs 3 to 45 letters/, (reasons) => reasons.username],
  [/^must not be the username/, (reasons) => reasons.isUsername],
  [/^is among the first/, (reasons) => reasons.guessed],
  [/^is reserved/, (reasons) => reasons.reserved],
  [/^would pass for/, (reasons) => reasons.official],
  [/^stands there already/, (reasons) => reasons.twice],
  [/^is above the maximum/, (reasons) => reasons.aboveMaximum],
  [/^is above max_players/, (reasons) => reasons.aboveMost],
  [/^must be above zero/, (reasons) => reasons.aboveZero],
  [/^must be an e-mail/, (reasons) => reasons.email],
  [/^is required/, (reasons) => reasons.required],
];

function reasonOf(message: string, { reasons }: Messages["fields"]): string {
  for (const [words, say] of REASONS) {
    const found = words.exec(message);
    if (found !== null) return say(reasons, ...found.slice(1));
  }
  return message;
}

/** `stats.0.minimum` as people call it. */
function labelOf(path: string, { labels, nth }: Messages["fields"]): string {
  const names: string[] = [];
  for (const part of path.split(".")) {
    const above = names.at(-1);
    if (above !== undefined && /^\d+$/.test(part)) names[names.length - 1] = nth(above, Number(part) + 1);
    else names.push(labels[part] ?? part);
  }
  return names.join(", ");
}

/** Why each field was refused, by the server's path of it, to stand at its input. */
export function refusedFields(error: unknown, { fields }: Messages): Partial<Record<string, string>> {
  const errors = error instanceof Problem ? error.errors : [];
  return Object.fromEntries(errors.map(({ field, message }) => [field, reasonOf(message, fields)]));
}

/** The same as one text. */
export function refusedText(error: Problem, { fields }: Messages): string {
  const lines = error.errors.map(
    ({ field, message }) => `${labelOf(field, fields)}: ${reasonOf(message, fields)}`,
  );
  return lines.join("; ");
}
