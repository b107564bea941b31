// How it went in each game: a chart of the most played ones, and the table of all.
import { Anchor, Button, Skeleton, Stack, Table } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import type { GameFigures, RecordFigures } from "@/api/types";
import { scorePage, sessionsPage, streakPage } from "@/features/profile/links";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { lyingHeight } from "@/features/profile/chart-height";
import classes from "@/features/profile/profile.module.css";

const OutcomeChart = lazy(() => import("@/features/profile/outcome-chart"));

const IN_CHART = 8;
const AT_ONCE = 12;
const MODES = ["competitive", "cooperative", "solo"] as const;

/** A line of the table: one game in one mode, since co-op counts apart. */
interface Line {
  key: string;
  label: string;
  records: readonly RecordFigures[];
  figures: Pick<
    GameFigures,
    | "played"
    | "won"
    | "lost"
    | "tied"
    | "win_rate"
    | "score_type"
    | "best"
    | "average"
    | "longest_streak"
    | "last_played"
    | "sessions"
  >;
}

interface PerGameProps {
  games: readonly GameFigures[];
  names: (id: string) => string;
  records: ReadonlyMap<string, readonly RecordFigures[]> | undefined;
}

export function PerGame({ games, names, records: all }: PerGameProps) {
  const { profile, history, lists } = useMessages();
  const format = useFormat();
  const [shown, setShown] = useState(AT_ONCE);
  const lines: Line[] = games.flatMap((game) =>
    MODES.map((mode) => ({
      key: `${game.game_id} ${mode}`,
      label: names(game.game_id) + (mode === "competitive" ? "" : ` · ${history.modes[mode]}`),
      records: all?.get(game.game_id) ?? [],
      figures: mode === "competitive" ? game : game[mode],
    })).filter(({ figures }) => figures.played > 0),
  );
  const most = [...lines].sort((a, b) => b.figures.played - a.figures.played).slice(0, IN_CHART);
  return (
    <Stack gap="sm">
      <Suspense fallback={<Skeleton height={lyingHeight(most.length)} />}>
        <div aria-hidden>
          <OutcomeChart rows={most.map(({ label, figures }) => ({ ...figures, label }))} />
        </div>
      </Suspense>
      <div className={`sheet ${classes.scroll}`} tabIndex={0} role="group" aria-label={profile.perGame}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{profile.game}</Table.Th>
              <Table.Th>{profile.played}</Table.Th>
              <Table.Th>{profile.won}</Table.Th>
              <Table.Th>{profile.winRate}</Table.Th>
              <Table.Th>{profile.best}</Table.Th>
              <Table.Th>{profile.average}</Table.Th>
              <Table.Th>{profile.longest}</Table.Th>
              <Table.Th>{profile.lastPlayed}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.slice(0, shown).map(({ key, label, records, figures }) => (
              <Table.Tr key={key}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td>
                  <Anchor component={Link} to={sessionsPage(figures.sessions)}>
                    {format.number(figures.played)}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Anchor component={Link} to={sessionsPage(figures.sessions, { outcome: "won" })}>
                    {format.number(figures.won)}
                  </Anchor>
                </Table.Td>
                <Table.Td>{figures.win_rate === null ? "–" : format.percent(figures.win_rate)}</Table.Td>
                <Table.Td>
                  {figures.best === null ? (
                    "–"
                  ) : (
                    <Anchor component={Link} to={scorePage(records, figures.best, figures.sessions)}>
                      {format.score(figures.best, figures.score_type)}
                    </Anchor>
                  )}
                </Table.Td>
                <Table.Td>{format.score(figures.average, figures.score_type)}</Table.Td>
                <Table.Td>
                  <Anchor component={Link} to={streakPage(records, figures.longest_streak, figures.sessions)}>
                    {format.number(figures.longest_streak)}
                  </Anchor>
                </Table.Td>
                <Table.Td>{figures.last_played === null ? "–" : format.date(figures.last_played)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {lines.length > shown && (
        <Button variant="default" onClick={() => setShown(lines.length)}>
          {lists.more}
        </Button>
      )}
    </Stack>
  );
}
