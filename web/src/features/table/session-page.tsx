// A session of the past by its id: what came out, the whole sheet, its course and its curve.
import { Alert, Button, Group, Skeleton, Stack, Tabs, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, Navigate, useParams } from "react-router";
import { answer, api } from "@/api/client";
import { keepFile } from "@/api/download";
import { useMe } from "@/api/me";
import { gameQuery, scoreboardQuery, sessionQuery, timelineQuery } from "@/api/queries";
import type { Scoreboard, Session } from "@/api/types";
import type { Cell } from "@/live/commands";
import { correctable, CorrectMenu, type Correcting } from "@/features/table/correct/correct-menu";
import { Correction } from "@/features/table/correct/correction";
import { scoreTypeOf, scoringOf } from "@/features/table/columns";
import { CourseView } from "@/features/table/course-view";
import { isPlay } from "@/features/table/course";
import { ResultCard } from "@/features/table/result-view";
import { ScoreGrid } from "@/features/table/score-grid";
import { StatTabs } from "@/features/table/stat-tabs";
import { useStat } from "@/features/table/use-stat";
import { useMessages } from "@/i18n/language";
import { useChoice } from "@/ui/address";
import { Empty } from "@/ui/empty";
import { Failure } from "@/ui/failure";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";

const TABS = ["sheet", "course", "chart"] as const;
type Tab = (typeof TABS)[number];

const RunningChart = lazy(() => import("@/features/table/running-chart"));

export default function SessionPage() {
  const { session: words } = useMessages();
  const { sessionId = "" } = useParams();
  const me = useMe();
  const [correcting, setCorrecting] = useState<Correcting>();
  const [cell, setCell] = useState<Cell>();
  const [tab, setTab] = useChoice("tab", TABS);
  const session = useQuery(sessionQuery(sessionId));
  const board = useQuery(scoreboardQuery(sessionId));
  const game = useQuery({ ...gameQuery(session.data?.game_id ?? ""), enabled: session.data !== undefined });
  const saving = useMutation({
    mutationFn: () => {
      const params = { path: { id: sessionId } };
      return answer(api.GET("/sessions/{id}/replay", { params, parseAs: "blob" }));
    },
    onSuccess: (file) => keepFile(file, `${sessionId}.tallybook`),
  });
  usePageTitle(game.data?.name ?? words.title);
  const failed = [session, board].filter((query) => query.isLoadingError);
  if (failed[0]) {
    return <Failure error={failed[0].error} retry={() => failed.forEach((query) => void query.refetch())} />;
  }
  if (!session.data || !board.data) return <Waiting />;
  if (session.data.status === "waiting" || session.data.status === "playing") {
    return <Navigate to={`/r/${session.data.key}`} replace />;
  }
  const choices = correctable(session.data, me);
  const pick = (choice: Correcting): void => {
    setCorrecting(choice);
    if (choice === "value") setTab("sheet");
  };
  return (
    <Stack gap="lg">
      <VisuallyHidden component="h1">{game.data?.name ?? words.title}</VisuallyHidden>
      <ResultCard session={session.data} />
      {saving.isError && <Failure error={saving.error} dismiss={() => saving.reset()} />}
      <Group grow preventGrowOverflow={false}>
        <Button component={Link} to={`/start/${session.data.game_id}`} variant="light">
          {words.again}
        </Button>
        <Button variant="default" loading={saving.isPending} onClick={() => saving.mutate()}>
          {words.replay}
        </Button>
        {choices.length > 0 && <CorrectMenu choices={choices} onPick={pick} />}
      </Group>
      {correcting && (
        <Correction
          session={session.data}
          board={board.data}
          what={correcting}
          cell={cell}
          onCellClose={() => setCell(undefined)}
          onClose={() => setCorrecting(undefined)}
        />
      )}
      <Sheets
        session={session.data}
        board={board.data}
        tab={tab}
        onTab={setTab}
        {...(correcting === "value" && { onOpen: setCell })}
      />
    </Stack>
  );
}

interface SheetsProps {
  session: Session;
  board: Scoreboard;
  tab: Tab;
  onTab: (tab: Tab) => void;
  onOpen?: (cell: Cell) => void;
}

function Sheets({ session, board, tab, onTab, onOpen }: SheetsProps) {
  const { session: words, table } = useMessages();
  const timeline = useQuery(timelineQuery(session.id));
  const scoring = scoringOf(session);
  const [stat, setStat] = useStat(session);
  if (stat === undefined) return <Alert>{table.rulesGame}</Alert>;
  const shared = {
    stat,
    withOverall: scoring.length > 1,
    scoreType: scoreTypeOf(session),
    competitive: session.win === "highest" || session.win === "lowest",
  };
  const tabs = <StatTabs stats={session.stats} stat={stat} label={table.sheet} onChange={setStat} />;
  const played = timeline.data?.steps.some(isPlay) === true;
  const waiting = timeline.isLoadingError ? (
    <Failure error={timeline.error} retry={() => void timeline.refetch()} />
  ) : timeline.data === undefined ? (
    <Skeleton height={320} radius="md" />
  ) : played ? null : (
    <Empty what={words.noSteps} how={words.noStepsHow} />
  );
  return (
    <Tabs value={tab} onChange={(next) => onTab(next as Tab)} keepMounted={false}>
      <Tabs.List mb="md" grow>
        <Tabs.Tab value="sheet">{words.sheet}</Tabs.Tab>
        <Tabs.Tab value="course">{words.course}</Tabs.Tab>
        {scoring.length > 0 && <Tabs.Tab value="chart">{words.chart}</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="sheet">
        <Stack gap="xs">
          {tabs}
          <ScoreGrid view={{ board, pending: new Map() }} {...shared} {...(onOpen && { onOpen })} />
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="course">
        <Stack gap="xs">
          {tabs}
          {waiting ??
            (timeline.data && <CourseView session={session} timeline={timeline.data} {...shared} />)}
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="chart">
        <Suspense fallback={<Skeleton height={320} radius="md" />}>
          {waiting ??
            (timeline.data && <RunningChart timeline={timeline.data} scoreType={shared.scoreType} />)}
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}
