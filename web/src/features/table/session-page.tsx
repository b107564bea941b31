// A session of the past by its id: what came out, and the whole sheet.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useParams } from "react-router";
import { scoreboardQuery, sessionQuery } from "@/api/queries";
import { ResultView } from "@/features/table/result-view";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";

export default function SessionPage() {
  const { home } = useMessages();
  const { sessionId = "" } = useParams();
  const session = useQuery(sessionQuery(sessionId));
  const board = useQuery(scoreboardQuery(sessionId));
  usePageTitle(home.status.finished);
  const failed = [session, board].find((query) => query.isError);
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />;
  if (!session.data || !board.data) return <Waiting />;
  if (session.data.status === "waiting" || session.data.status === "playing") {
    return <Navigate to={`/r/${session.data.key}`} replace />;
  }
  return (
    <ResultView session={session.data} board={board.data}>
      <Button component={Link} to={`/start/${session.data.game_id}`} variant="light">
        {home.play}
      </Button>
    </ResultView>
  );
}
