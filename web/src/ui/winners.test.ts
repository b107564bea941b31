import { expect, test } from "vitest";
import { isDraw, winnersOf } from "@/ui/winners";

const seats = (...of: [winner: boolean | null, team?: string][]) =>
  of.map(([winner, team = null], seat) => ({ seat, winner, team }));

test("where all share the first place nobody won, unless they are one team", () => {
  const drawn = seats([true], [true]);
  expect(isDraw(drawn)).toBe(true);
  expect(winnersOf(drawn, false)).toEqual([]);
  expect(isDraw(seats([true, "Red"], [true, "Blue"]))).toBe(true);
  expect(isDraw(seats([true, "Red"], [true]))).toBe(true);

  const team = seats([true, "Red"], [true, "Red"]);
  expect(isDraw(team)).toBe(false);
  expect(winnersOf(team, false)).toEqual(team);
});

test("who shares the first place before somebody else has won", () => {
  const shared = seats([true], [true], [false]);
  expect(isDraw(shared)).toBe(false);
  expect(winnersOf(shared, false)).toEqual(shared.slice(0, 2));
});

test("alone one beats nobody; together all win", () => {
  expect(winnersOf(seats([true]), false)).toEqual([]);
  expect(isDraw(seats([true]))).toBe(false);
  expect(winnersOf(seats([true], [true]), true)).toHaveLength(2);
  expect(winnersOf(seats([true]), true)).toHaveLength(1);
  expect(winnersOf(seats([null], [null]), false)).toEqual([]);
});
