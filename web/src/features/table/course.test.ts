import { expect, test } from "vitest";
import type { Session, Step, Timeline } from "@/api/types";
import { boardAt } from "@/features/table/course";

const session = {
  id: "s",
  key: "ABCDEF",
  status: "finished",
  win: "lowest",
  stats: [{ name: "Points", data_type: "integer", scope: "player", scoring: true }],
} as Session;

const step = (kind: string, cell: Partial<Step>, totals: number[]): Step => ({
  index: 0,
  at: "2026-01-31T18:00:00Z",
  actor: null,
  kind,
  seat: null,
  stat: null,
  round: null,
  before: null,
  after: null,
  totals: totals.map((total, seat) => ({ seat, total })),
  ...cell,
});

const timeline: Timeline = {
  session_id: "s",
  seats: [0, 1].map((seat) => ({ seat, player_id: `p${seat}`, name: `P${seat}`, team: null })),
  steps: [
    step("session_created", {}, [0]),
    step("value_recorded", { seat: 0, stat: "Points", round: 1, after: 5 }, [5, 0]),
    step("round_started", { round: 2 }, [5, 0]),
    step("value_recorded", { seat: 1, stat: "Points", round: 2, after: 9 }, [5, 9]),
    step("write_undone", { seat: 1, stat: "Points", round: 2, before: 9 }, [5, 0]),
  ],
  more: false,
};

test("after each step the board shows who sat there, the cells that have a value, the totals and the ranks", () => {
  const lines = (count: number) =>
    boardAt(session, timeline, count).seats.map(({ total, rank, values }) => [
      total,
      rank,
      values.Points?.by_round,
    ]);

  expect(lines(1)).toEqual([[0, 1, undefined]]);
  expect(lines(4)).toEqual([
    [5, 1, [{ round: 1, value: 5 }]],
    [9, 2, [{ round: 2, value: 9 }]],
  ]);
  expect(lines(5)[1]).toEqual([0, 1, undefined]);
  expect(boardAt(session, timeline, 2).round).toBe(1);
  expect(boardAt(session, timeline, 5).round).toBe(2);
});

test("teams are ranked by what their members have together", () => {
  const teams = ["Red", "Blue", "Red", "Blue", null];
  const seats = teams.map((team, seat) => ({ seat, player_id: `p${seat}`, name: `P${seat}`, team }));
  const steps = [step("value_recorded", { seat: 1, stat: "Points", round: 1, after: 9 }, [5, 9, 5, 0, 4])];
  const ranks = (win: Session["win"]) =>
    boardAt({ ...session, win }, { ...timeline, seats, steps }, 1).seats.map(({ rank }) => rank);
  expect(ranks("highest")).toEqual([1, 2, 1, 2, 3]);
  expect(ranks("lowest")).toEqual([3, 2, 3, 2, 1]);
});
