// A table, live, by its key: being played, or its result.
import { Button, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useDidUpdate } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { Link, useParams } from "react-router";
import { useMe } from "@/api/me";
import { sessionQuery } from "@/api/queries";
import type { Player, Session } from "@/api/types";
import { withPending } from "@/live/board";
import type { Role } from "@/live/room";
import { useRoom } from "@/live/use-room";
import { scoreTypeOf } from "@/features/table/columns";
import { ConnectionNote } from "@/features/table/connection-note";
import { PlayingTable } from "@/features/table/playing-table";
import { ResultView } from "@/features/table/result-view";
import { TableBar } from "@/features/table/table-bar";
import { TroubleNote } from "@/features/table/trouble-note";
import { useAnnouncements } from "@/features/table/use-announcements";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { rescueFocus } from "@/ui/focus";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";
import classes from "@/features/table/table.module.css";

export default function TablePage() {
  const key = (useParams().key ?? "").toUpperCase();
  const me = useMe();
  return me && <Table key={key} tableKey={key} me={me} />;
}

function roleIn(session: Session, playerId: string): Role {
  if (session.scorekeepers.includes(playerId)) return "scorekeeper";
  return session.seats.some((seat) => seat.player_id === playerId) ? "player" : "spectator";
}

function Table({ tableKey, me }: { tableKey: string; me: Player }) {
  const { table, app, result } = useMessages();
  const [room, state] = useRoom(tableKey, me.id);
  const { board, sessionId, entries } = state;
  const found = useQuery({ ...sessionQuery(sessionId ?? ""), enabled: sessionId !== undefined });
  const session = found.data;
  const role = session && roleIn(session, me.id);
  const view = useMemo(
    () => board && session && withPending(board, entries, session.stats),
    [board, entries, session],
  );
  const over = view?.board.status === "finished" || view?.board.status === "abandoned";
  usePageTitle(table.title(tableKey));
  useAnnouncements(board, session ? scoreTypeOf(session) : "number", state.connection);
  useEffect(() => {
    if (role !== undefined) room.refreshRole(role);
  }, [room, role]);
  useDidUpdate(rescueFocus, [over]); // what ends the game or begins the next one goes with it

  if (state.refusal) {
    return (
      <Stack>
        <Failure error={state.refusal} title={table.joinRefused} />
        <Button component={Link} to="/" variant="default">
          {app.home}
        </Button>
      </Stack>
    );
  }
  if (found.isError && !session) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const unsent = entries.filter((entry) => entry.index === undefined).length;
  // The board tells of the end a moment before the session with the result is here.
  if (!view || !session || role === undefined || (over && session.status !== view.board.status)) {
    return (
      <>
        <ConnectionNote connection={state.connection} entries={entries} />
        <VisuallyHidden role="status">{table.joining}</VisuallyHidden>
        <Waiting />
      </>
    );
  }
  const mayWrite = role === "scorekeeper" && session.rules === "scoresheet";
  return (
    <Stack>
      <TableBar
        session={session}
        board={view.board}
        me={me}
        role={role}
        present={state.present}
        room={room}
        unsent={unsent}
      />
      <div className={classes.notices}>
        <ConnectionNote connection={state.connection} entries={entries} />
        {state.troubles.map((trouble) => (
          <TroubleNote
            key={trouble.problem.code}
            trouble={trouble}
            me={me}
            onDismiss={() => room.forget(trouble)}
          />
        ))}
      </div>
      {over ? (
        <ResultView session={session} board={view.board}>
          {(role !== "spectator" || session.host_id === me.id) && (
            <Button size="lg" onClick={() => room.do({ event: "rematch" })} loading={unsent > 0}>
              {result.rematch}
            </Button>
          )}
        </ResultView>
      ) : (
        <>
          {session.rules !== "scoresheet" && <Text c="dimmed">{table.rulesGame}</Text>}
          <PlayingTable
            view={view}
            session={session}
            me={me}
            role={role}
            room={room}
            state={state}
            mayWrite={mayWrite}
          />
        </>
      )}
    </Stack>
  );
}
