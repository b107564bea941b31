// Teams: seats that stand or fall together, by the sum of what each of them has.
import { exactSum } from "@/api/exact";

export interface Member {
  seat: number;
  team: string | null;
}

type Score = number | string;

/** What a seat is ranked as: its team, or itself. */
export const unitOf = ({ seat, team }: Member): string => JSON.stringify(team ?? seat);

/** The sum of each unit, in the order of its first seat; none where nobody of it has a score. */
export function unitSums<Seat extends Member>(
  seats: readonly Seat[],
  scoreOf: (seat: Seat) => Score | null,
): Map<string, Score | null> {
  const scores = new Map<string, Score[]>();
  for (const seat of seats) {
    const own = scoreOf(seat);
    scores.set(unitOf(seat), [...(scores.get(unitOf(seat)) ?? []), ...(own === null ? [] : [own])]);
  }
  return new Map([...scores].map(([unit, all]) => [unit, all.length === 0 ? null : sumOf(all)]));
}

/** Decimals are strings and stay so. */
function sumOf(scores: readonly Score[]): Score {
  const sum = exactSum(scores);
  return scores.some((score) => typeof score === "string") ? sum : Number(sum);
}
