import { expect, test } from "vitest";
import { unitOf, unitSums } from "@/features/table/teams";

const seats = (...of: [team: string | null, score: number | string | null][]) =>
  of.map(([team, score], seat) => ({ seat, team, score }));

test("a team has what its members have together, exactly; who has none adds none", () => {
  const sums = unitSums(
    seats(["Red", "0.1"], [null, 7], ["Red", "0.2"], ["Blue", null], ["Blue", 4], ["Green", null]),
    ({ score }) => score,
  );
  expect([...sums.values()]).toEqual(["0.3", 7, 4, null]);
});

test("a team named like the number of a seat is not that seat", () => {
  expect(unitOf({ seat: 0, team: "1" })).not.toBe(unitOf({ seat: 1, team: null }));
});
