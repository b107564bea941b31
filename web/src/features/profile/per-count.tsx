// How it went by the number of players at the table.
import { Anchor, Skeleton, Stack, Table } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import type { Figures } from "@/api/types";
import { sessionsPage } from "@/features/profile/links";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { lyingHeight } from "@/features/profile/chart-height";
import classes from "@/features/profile/profile.module.css";

const OutcomeChart = lazy(() => import("@/features/profile/outcome-chart"));

export function PerCount({ counts }: { counts: Figures["player_counts"] }) {
  const { profile, history } = useMessages();
  const format = useFormat();
  const modes = new Set(counts.map(({ mode }) => mode));
  const rows = counts.map((each) => ({
    ...each,
    label:
      profile.perCountLabel(each.players) +
      (modes.size > 1 && each.mode !== "solo" ? ` · ${history.modes[each.mode]}` : ""),
  }));
  return (
    <Stack gap="sm">
      <Suspense fallback={<Skeleton height={lyingHeight(rows.length)} />}>
        <div aria-hidden>
          <OutcomeChart rows={rows} />
        </div>
      </Suspense>
      <div className={`sheet ${classes.scroll}`} tabIndex={0} role="group" aria-label={profile.perCount}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{history.players}</Table.Th>
              <Table.Th>{profile.played}</Table.Th>
              <Table.Th>{profile.won}</Table.Th>
              <Table.Th>{profile.winRate}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ label, played, won, win_rate, sessions }) => (
              <Table.Tr key={label}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td>
                  <Anchor component={Link} to={sessionsPage(sessions)}>
                    {format.number(played)}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Anchor component={Link} to={sessionsPage(sessions, { outcome: "won" })}>
                    {format.number(won)}
                  </Anchor>
                </Table.Td>
                <Table.Td>{win_rate === null ? "–" : format.percent(win_rate)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Stack>
  );
}
