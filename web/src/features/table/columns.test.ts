import { expect, test } from "vitest";
import type { Scoreboard, Stat } from "@/api/types";
import { columnsOf, lastRound } from "@/features/table/columns";

test("a sheet reaches to the last round that has a value", () => {
  const stat = { name: "Points", scope: "player", scoring: true, data_type: "integer" } as Stat;
  const seats = [
    { seat: 0, team: null, values: { Points: { total: 5, by_round: [{ round: 3, value: 5 }] } }, total: 5 },
    { seat: 1, team: null, values: {}, total: 0 },
  ];
  const board = { round: 2, seats, table: {} } as unknown as Scoreboard;
  const last = (of: Scoreboard): number =>
    lastRound(of, columnsOf(of, stat, { table: "", seat: (name) => name ?? "" }));
  expect(last(board)).toBe(3);
  expect(last({ ...board, round: 4 })).toBe(4);
});
