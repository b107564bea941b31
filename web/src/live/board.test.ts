import { describe, expect, test } from "vitest";
import type { Scoreboard, Stat } from "@/api/types";
import { cellKey, newer, withPending } from "@/live/board";
import type { Command } from "@/live/commands";
import type { Entry } from "@/live/outbox";

const points: Stat = {
  name: "Points",
  data_type: "integer",
  scope: "player",
  scoring: true,
  choices: [],
};
const bonus: Stat = { ...points, name: "Bonus", data_type: "decimal" };
const weather: Stat = { ...points, name: "Weather", data_type: "choice", scope: "table", scoring: false };

const line = (seat: number, name: string): Scoreboard["seats"][number] => ({
  seat,
  player_id: name,
  name,
  team: null,
  total: 4,
  rank: 1,
  values: { Points: { total: 4, by_round: [{ round: 1, value: 4 }] } },
});

const board: Scoreboard = {
  session_id: "s",
  key: "ABCDEF",
  index: 7,
  status: "playing",
  paused: false,
  round: 2,
  seats: [line(0, "Ana"), line(1, "Ben")],
  table: {},
  missing: [0, 1],
};

const entries = (...commands: Command[]): Entry[] =>
  commands.map((command, place) => ({
    id: String(place),
    command,
    sessionId: undefined,
    madeAt: 0,
    touchedAt: 0,
  }));

const cell = { seat: 0, stat: "Points", round: 2 };

describe("boards", () => {
  test("older than the shown one are ignored", () => {
    expect(newer(board, { ...board, index: 6, round: 1 })).toBe(board);
    expect(newer(board, { ...board, index: 8 }).index).toBe(8);
  });

  test("of another session replace the shown one whatever their index", () => {
    expect(newer(board, { ...board, session_id: "next", index: 0 }).session_id).toBe("next");
  });
});

describe("what is pending", () => {
  test("counts into cell, totals and who is missing, and leaves the others untouched", () => {
    const shown = withPending(board, entries({ event: "record", cell, delta: 5 }), [points]);
    const [ana, ben] = shown.board.seats;
    expect(ana).toMatchObject({ total: 9, values: { Points: { total: 9 } } });
    expect(ben).toBe(board.seats[1]);
    expect(shown.board.missing).toEqual([1]);
    expect(shown.pending.get(cellKey(cell))).toBe("+5");
  });

  test("adds up over several entries of one cell", () => {
    const shown = withPending(
      board,
      entries({ event: "record", cell, delta: 5 }, { event: "record", cell, delta: -7 }),
      [points],
    );
    expect(shown.board.seats[0]?.total).toBe(2);
    expect(shown.pending.get(cellKey(cell))).toBe("-2");
  });

  test("tells what is added to a new value, and never a value below zero as if it were added", () => {
    const below: Command = { event: "record", cell, value: -5 };
    const pending = (...commands: Command[]) =>
      withPending(board, entries(...commands), [points]).pending.get(cellKey(cell));
    expect(pending(below)).toBe("");
    expect(pending(below, { event: "record", cell, delta: 3 })).toBe("+3");
  });

  test("keeps decimals exact and writes the total as a string then", () => {
    const deltas = ["0.1", "0.2"].map((delta): Command => ({
      event: "record",
      cell: { ...cell, stat: "Bonus" },
      delta,
    }));
    expect(withPending(board, entries(...deltas), [points, bonus]).board.seats[0]?.total).toBe("4.3");
  });

  test("clears a cell down to empty, which is not zero", () => {
    const first = { ...cell, round: 1 };
    const shown = withPending(board, entries({ event: "clear", cell: first }), [points]);
    expect(shown.board.seats[0]?.values.Points?.by_round).toEqual([]);
    expect(shown.board.seats[0]?.total).toBe(0);
  });

  test("writes stats of the table and opens the next round", () => {
    const rain: Command = { event: "record", cell: { seat: null, stat: "Weather", round: 2 }, value: "Rain" };
    const shown = withPending(board, entries(rain, { event: "next_round" }), [points, weather]);
    expect(shown.board.table.Weather?.total).toBe("Rain");
    expect(shown.board.round).toBe(3);
    expect(shown.board.missing).toEqual([0, 1]);
  });

  test("is not counted twice once the board includes it", () => {
    const done = entries({ event: "record", cell, delta: 5 }).map((entry) => ({ ...entry, index: 7 }));
    expect(withPending(board, done, [points]).board).toBe(board);
  });
});
