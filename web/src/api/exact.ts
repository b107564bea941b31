// Exact sums of scores: integers are numbers, decimals are strings such as "9.5".
import type { Value } from "@/api/types";

interface Scaled {
  units: bigint;
  places: number;
}

function scaled(value: number | string): Scaled {
  const [whole = "0", fraction = ""] = String(value).split(".");
  return { units: BigInt(whole + fraction), places: fraction.length };
}

/** The exact sum in canonical form: no trailing zeros, no "-0". */
export function exactSum(values: readonly (number | string)[]): string {
  const terms = values.map(scaled);
  const places = Math.max(0, ...terms.map((term) => term.places));
  const units = terms.reduce((sum, term) => sum + term.units * 10n ** BigInt(places - term.places), 0n);
  if (places === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return (units < 0n ? "-" : "") + digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}

/** The sum as the API would write it for this kind of stat. */
export function sumAs(values: readonly Value[], decimal: boolean): number | string {
  const sum = exactSum(values.filter((value) => typeof value !== "boolean"));
  return decimal ? sum : Number(sum);
}

/** Below 0 when `a` is less than `b`, 0 when they are equal, above 0 when it is more. */
export function exactCompare(a: number | string, b: number | string): number {
  const negated = String(b).startsWith("-") ? String(b).slice(1) : `-${b}`;
  const difference = exactSum([a, negated]);
  return difference === "0" ? 0 : difference.startsWith("-") ? -1 : 1;
}
