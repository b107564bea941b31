// The board a person sees: the newest of the server's, with the writes still on their way laid over it.
import type { Scoreboard, SeatScore, Stat, StatScore, Value } from "@/api/types";
import type { Cell } from "@/live/commands";
import { exactSum, sumAs } from "@/api/exact";
import type { Entry } from "@/live/outbox";

/** Boards may overtake each other between reconnections: an older one is ignored. */
export function newer(current: Scoreboard | undefined, incoming: Scoreboard): Scoreboard {
  const older = current?.session_id === incoming.session_id && current.index > incoming.index;
  return older ? current : incoming;
}

export function cellKey(cell: Cell): string {
  return JSON.stringify([cell.seat, cell.stat, cell.round]);
}

/** A board, and what of it is not yet confirmed, by cell key: "+5", or nothing where the value is all new. */
export interface View {
  board: Scoreboard;
  pending: ReadonlyMap<string, string>;
}

function isNumeric(stat: Stat): boolean {
  return stat.data_type === "integer" || stat.data_type === "decimal" || stat.data_type === "duration";
}

/** The value in a round. Where nobody has named a round yet, the only one is the first. */
export function inRound(score: StatScore | undefined, round: number): Value | undefined {
  return score?.by_round.find((each) => (each.round ?? 1) === round)?.value ?? undefined;
}

export function valueOf(board: Scoreboard, cell: Cell): Value | undefined {
  const values =
    cell.seat === null ? board.table : board.seats.find((line) => line.seat === cell.seat)?.values;
  return inRound(values?.[cell.stat], cell.round);
}

export function withPending(board: Scoreboard, entries: readonly Entry[], stats: readonly Stat[]): View {
  const pending = new Map<string, string>();
  let shown = board;
  for (const { command, index } of entries) {
    if (index !== undefined && index <= board.index) continue;
    if (command.event === "next_round") {
      shown = { ...shown, round: shown.round + 1, missing: shown.seats.map((line) => line.seat) };
    }
    if (!("cell" in command)) continue;
    const stat = stats.find((each) => each.name === command.cell.stat);
    if (stat === undefined) continue;
    const key = cellKey(command.cell);
    const before = valueOf(shown, command.cell);
    let value: Value | undefined;
    if ("delta" in command) {
      const base = typeof before === "boolean" || before === undefined ? 0 : before;
      value = sumAs([base, command.delta], stat.data_type === "decimal");
      const added = exactSum([pending.get(key) || "0", command.delta]);
      pending.set(key, added.startsWith("-") ? added : `+${added}`);
    } else {
      value = "value" in command ? command.value : undefined;
      pending.set(key, "");
    }
    shown = withValue(shown, command.cell, value, stat, stats);
  }
  return { board: shown, pending };
}

function withValue(
  board: Scoreboard,
  cell: Cell,
  value: Value | undefined,
  stat: Stat,
  stats: readonly Stat[],
): Scoreboard {
  if (cell.seat === null) {
    return {
      ...board,
      table: { ...board.table, [stat.name]: scoreWith(board.table[stat.name], cell, value, stat) },
    };
  }
  const seats = board.seats.map((line) => {
    if (line.seat !== cell.seat) return line;
    const values = { ...line.values, [stat.name]: scoreWith(line.values[stat.name], cell, value, stat) };
    return { ...line, values, total: totalOf(values, stats) };
  });
  const lines = seats.filter((line) => board.missing.includes(line.seat) || line.seat === cell.seat);
  const missing = lines.filter((line) => isMissing(line, board.round, stats)).map((line) => line.seat);
  return { ...board, seats, missing };
}

function scoreWith(
  score: StatScore | undefined,
  cell: Cell,
  value: Value | undefined,
  stat: Stat,
): StatScore {
  const others = (score?.by_round ?? []).filter((each) => (each.round ?? 1) !== cell.round);
  const by_round = value === undefined ? others : [...others, { round: cell.round, value }];
  by_round.sort((a, b) => (a.round ?? 1) - (b.round ?? 1));
  const values = by_round.flatMap((each) => each.value ?? []);
  const total = isNumeric(stat) ? sumAs(values, stat.data_type === "decimal") : (values.at(-1) ?? null);
  return { total, by_round };
}

function totalOf(values: SeatScore["values"], stats: readonly Stat[]): number | string {
  const scoring = stats.filter((stat) => stat.scoring && stat.scope === "player");
  return sumAs(
    scoring.map((stat) => values[stat.name]?.total ?? 0),
    scoring.some((stat) => stat.data_type === "decimal"),
  );
}

function isMissing(line: SeatScore, round: number, stats: readonly Stat[]): boolean {
  return stats.some(
    (stat) => stat.scoring && stat.scope === "player" && inRound(line.values[stat.name], round) === undefined,
  );
}
