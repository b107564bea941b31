// What came out: the winners, everybody's place, and the sheet it follows from.
import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { Link } from "react-router";
import { gameQuery } from "@/api/queries";
import type { Scoreboard, Session } from "@/api/types";
import { scoreTypeOf, scoringOf } from "@/features/table/columns";
import { ScoreGrid } from "@/features/table/score-grid";
import { StatTabs } from "@/features/table/stat-tabs";
import { unitOf, unitSums } from "@/features/table/teams";
import { useStat } from "@/features/table/use-stat";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";
import { PlayerDot } from "@/ui/player-dot";
import { isDraw, winnersOf } from "@/ui/winners";
import classes from "@/features/table/result-view.module.css";

interface ResultViewProps {
  session: Session;
  board: Scoreboard;
  /** What one can do next. */
  children: ReactNode;
}

export function ResultView({ session, board, children }: ResultViewProps) {
  const { result, table } = useMessages();
  const [stat, setStat] = useStat(session);
  const scoring = scoringOf(session);
  return (
    <Stack gap="lg">
      <ResultCard session={session} />
      <Group grow>
        <Button component={Link} to="/" size="lg" variant="default">
          {result.home}
        </Button>
        {children}
      </Group>
      {stat && (
        <Stack gap="xs">
          <StatTabs stats={session.stats} stat={stat} label={table.sheet} onChange={setStat} />
          <ScoreGrid
            view={{ board, pending: new Map() }}
            stat={stat}
            withOverall={scoring.length > 1}
            scoreType={scoreTypeOf(session)}
            competitive={session.win === "highest" || session.win === "lowest"}
          />
        </Stack>
      )}
    </Stack>
  );
}

/** Who won, and everybody's place. */
export function ResultCard({ session }: { session: Session }) {
  const { result, table, home } = useMessages();
  const format = useFormat();
  const game = useQuery(gameQuery(session.game_id));
  const scoring = scoringOf(session);
  const competitive = session.win !== "cooperative";

  const places = [...(session.result?.seats ?? [])].sort((a, b) => a.place - b.place);
  const ahead = new Set(winnersOf(places, !competitive));
  const names = (seats: readonly { name: string | null }[]): string =>
    format.list(seats.map((seat) => format.name(seat.name)));

  const sums = unitSums(places, ({ score }) => score);
  const lines = [...sums.keys()].flatMap((unit) => places.filter((seat) => unitOf(seat) === unit));
  const weightOf = (seat: (typeof places)[number]): number => (ahead.has(seat) ? 700 : 400);
  const placeOf = (place: number): ReactNode =>
    competitive && (
      <span className={classes.place} aria-label={table.place(place)}>
        {place}.
      </span>
    );
  const scoreOf = (score: number | string | null): ReactNode =>
    score !== null &&
    scoring.length > 0 && (
      <Text span fw={700} className={classes.score}>
        {format.score(score, scoreTypeOf(session))}
      </Text>
    );

  const headline = (): string => {
    if (session.status === "abandoned") return result.abandoned;
    if (!competitive) return ahead.size > 0 ? result.won : result.lost;
    if (isDraw(places)) return result.draw(names(places));
    if (ahead.size === 0) return result.none;
    return ahead.size === 1 ? result.wins(names([...ahead])) : result.win(names([...ahead]));
  };

  return (
    <>
      {session.voided && <Alert role="note" color="red" title={result.voided} />}
      <section className={classes.card}>
        <Text size="sm">
          {game.data?.name ?? home.game}
          {session.ended_at !== null && ` · ${format.day(session.ended_at)}`}
        </Text>
        {ahead.size > 0 && <Icon name="crown" size={44} />}
        <Title order={2}>{headline()}</Title>
        {lines.length > 0 && (
          <ol className={classes.places}>
            {lines.map((seat, at) => (
              <Fragment key={seat.seat}>
                {seat.team !== null && seat.team !== lines[at - 1]?.team && (
                  <li>
                    {placeOf(seat.place)}
                    <Text span fw={weightOf(seat)} className={classes.who}>
                      {seat.team}
                    </Text>
                    {scoreOf(sums.get(unitOf(seat)) ?? null)}
                  </li>
                )}
                <li className={seat.team === null ? undefined : classes.member}>
                  {seat.team === null && placeOf(seat.place)}
                  <PlayerDot id={seat.player_id} name={format.name(seat.name)} size={28} />
                  <Text span fw={weightOf(seat)} className={classes.who}>
                    <Link to={`/players/${seat.player_id}`} className={classes.name}>
                      {format.name(seat.name)}
                    </Link>
                  </Text>
                  {scoreOf(seat.score)}
                </li>
              </Fragment>
            ))}
          </ol>
        )}
      </section>
    </>
  );
}
