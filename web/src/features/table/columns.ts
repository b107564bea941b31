// The columns of a score sheet: one a seat, or a single one for what the whole table shares.
import type { Scoreboard, Session, Stat, StatScore } from "@/api/types";
import { unitOf, unitSums } from "@/features/table/teams";
import type { ScoreType } from "@/i18n/format";

export interface Column {
  seat: number | null;
  playerId: string;
  name: string;
  team: string | null;
  /** What the team has together. */
  teamTotal: number | string | null;
  score: StatScore | undefined;
  total: number | string;
  rank: number;
}

/** `names` is what the table is called, and how a seat is, whose player may have been erased. */
export function columnsOf(
  board: Scoreboard,
  stat: Stat,
  names: { table: string; seat: (name: string | null) => string },
): Column[] {
  if (stat.scope === "table") {
    const score = board.table[stat.name];
    const table = { seat: null, playerId: "table", name: names.table, team: null, teamTotal: null };
    return [{ ...table, score, total: 0, rank: 0 }];
  }
  const sums = unitSums(board.seats, ({ total }) => total);
  return board.seats.map(({ seat, player_id, name, team, values, total, rank }) => ({
    seat,
    playerId: player_id,
    name: names.seat(name),
    team,
    teamTotal: team === null || !stat.scoring ? null : (sums.get(unitOf({ seat, team })) ?? null),
    score: values[stat.name],
    total,
    rank,
  }));
}

/** The round that is played, or a later one that has values already. */
export const lastRound = (board: Scoreboard, columns: readonly Column[]): number =>
  Math.max(
    board.round,
    ...columns.flatMap(({ score }) => score?.by_round.map(({ round }) => round ?? 1) ?? []),
  );

/** Whether its values are numbers or times, which are never broken into two lines. */
export const isNumeric = ({ data_type }: Stat): boolean =>
  data_type === "integer" || data_type === "decimal" || data_type === "duration";

/** The stats whose values make up the totals of seats. */
export const scoringOf = ({ stats }: Session): Stat[] =>
  stats.filter((each) => each.scoring && each.scope === "player");

/** Whether the totals say who won; else a person has to. */
export const totalsDecide = (session: Session): boolean =>
  session.win !== "cooperative" && scoringOf(session).length > 0;

/** What those totals are. */
export function scoreTypeOf(session: Session): ScoreType {
  const scoring = scoringOf(session);
  return scoring.length > 0 && scoring.every((each) => each.data_type === "duration") ? "duration" : "number";
}

/** Whether any score has been written: before, everybody leads, and nobody is told so. */
export const scored = (board: Scoreboard): boolean => board.seats.some((line) => line.rank > 1);
