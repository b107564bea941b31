// What is typed on the number pad: a number, or a sum such as 12+11+7.
import { exactSum } from "@/api/exact";

const SIGNS = /[+-]/;
const TERM = /[+-]?[^+-]*/g;

const plain = (typed: string): string => typed.replaceAll("−", "-").replaceAll(",", ".").replaceAll(" ", "");

const termsOf = (typed: string): string[] =>
  plain(typed)
    .match(TERM)
    ?.filter((term) => term !== "") ?? [];

/**
 * The exact value of `12`, `-3`, `12+11-7` or (with `decimals`) `1.5+2,25`; a sign left open at the
 * end is ignored. Null when it is not a number.
 */
export function parseSum(typed: string, decimals: boolean): string | null {
  const terms = termsOf(typed);
  if (terms.length > 1 && SIGNS.test(terms.at(-1) ?? "") && terms.at(-1)?.length === 1) terms.pop();
  const term = decimals ? /^[+-]?(\d+\.?\d*|\.\d+)$/ : /^[+-]?\d+$/;
  if (terms.length === 0 || !terms.every((each) => term.test(each))) return null;
  return exactSum(
    terms.map((each) =>
      each
        .replace("+", "")
        .replace(/^(-?)\./, "$10.")
        .replace(/\.$/, ""),
    ),
  );
}

/** Whether the text is more than one number, so that its sum is worth showing. */
export function isSum(typed: string): boolean {
  return termsOf(typed).length > 1;
}

export type Key =
  "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "." | "+" | "-" | "sign" | "back";

/** The text after a key of the pad. */
export function pressed(typed: string, key: Key, decimals: boolean): string {
  const terms = termsOf(typed);
  const last = terms.at(-1) ?? "";
  const before = terms.slice(0, -1).join("");
  switch (key) {
    case "back":
      return plain(typed).slice(0, -1);
    case "sign": {
      const digits = last.replace(SIGNS, "");
      const sign = last.startsWith("-") ? (before === "" ? "" : "+") : "-";
      return before + sign + digits;
    }
    case "+":
    case "-":
      if (last === "") return key === "-" ? "-" : "";
      return last.length === 1 && SIGNS.test(last) ? before + key : plain(typed) + key;
    case ".":
      return !decimals || last.includes(".")
        ? plain(typed)
        : `${plain(typed)}${/\d$/.test(last) ? "." : "0."}`;
    default:
      return /^[+-]?0$/.test(last) ? before + last.slice(0, -1) + key : plain(typed) + key;
  }
}
