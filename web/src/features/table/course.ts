// How a session stood after each of its steps, folded from its timeline.
import { exactCompare, sumAs } from "@/api/exact";
import type { Scoreboard, Session, Stat, StatScore, Step, Timeline, Value } from "@/api/types";
import { unitOf, unitSums, type Member } from "@/features/table/teams";

const SCORED = new Set(["value_recorded", "value_cleared", "write_undone", "write_redone"]);

/** Whether a step changed something that the sheet or the totals show. */
export const isPlay = (step: Step): boolean => SCORED.has(step.kind) || step.kind === "round_started";

/** The board as it was after the first `count` steps. */
export function boardAt(session: Session, timeline: Timeline, count: number): Scoreboard {
  const steps = timeline.steps.slice(0, count);
  const cells = new Map<string, Map<number, Value>>();
  let round = 1;
  for (const step of steps) {
    if (step.round !== null) round = Math.max(round, step.round);
    if (step.stat === null || !SCORED.has(step.kind)) continue;
    const key = cellsOf(step.seat, step.stat);
    const rounds = cells.get(key) ?? new Map<number, Value>();
    if (step.after === null) rounds.delete(step.round ?? 1);
    else rounds.set(step.round ?? 1, step.after);
    cells.set(key, rounds);
  }
  const scores = (seat: number | null): Record<string, StatScore> =>
    Object.fromEntries(
      session.stats
        .filter((stat) => (stat.scope === "table") === (seat === null))
        .flatMap((stat) => {
          const rounds = cells.get(cellsOf(seat, stat.name));
          return rounds === undefined || rounds.size === 0 ? [] : [[stat.name, scoreOf(stat, rounds)]];
        }),
    );
  const totals = new Map((steps.at(-1)?.totals ?? []).map(({ seat, total }) => [seat, total]));
  const sitting = timeline.seats.filter(({ seat }) => totals.has(seat));
  const sums = unitSums(sitting, ({ seat }) => totals.get(seat) ?? 0);
  const rank = (member: Member): number => {
    const own = sums.get(unitOf(member)) ?? 0;
    return 1 + [...sums.values()].filter((other) => ahead(session, other ?? 0, own)).length;
  };
  return {
    session_id: session.id,
    key: session.key,
    index: steps.at(-1)?.index ?? 0,
    status: session.status,
    paused: false,
    round,
    seats: sitting.map((member) => ({
      ...member,
      total: totals.get(member.seat) ?? 0,
      rank: rank(member),
      values: scores(member.seat),
    })),
    table: scores(null),
    missing: [],
  };
}

const cellsOf = (seat: number | null, stat: string): string => JSON.stringify([seat, stat]);

function ahead({ win }: Session, a: number | string, b: number | string): boolean {
  const difference = exactCompare(a, b);
  return win === "lowest" ? difference < 0 : win === "highest" && difference > 0;
}

function scoreOf(stat: Stat, rounds: ReadonlyMap<number, Value>): StatScore {
  const by_round = [...rounds].map(([round, value]) => ({ round, value })).sort((a, b) => a.round - b.round);
  const values = by_round.map((cell) => cell.value);
  const added = stat.data_type === "integer" || stat.data_type === "decimal" || stat.data_type === "duration";
  return { total: added ? sumAs(values, stat.data_type === "decimal") : (values.at(-1) ?? null), by_round };
}
