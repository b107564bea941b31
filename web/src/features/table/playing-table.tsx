// The table while it is played: entry beside the sheet, and the way on to the next round.
import { Alert, Button, Group, Text } from "@mantine/core";
import { useCallback, useState } from "react";
import type { Player, Session } from "@/api/types";
import { valueOf, type View } from "@/live/board";
import type { Cell, Command } from "@/live/commands";
import type { Role, Room, RoomState } from "@/live/room";
import { CellEditor } from "@/features/table/cell-editor";
import { columnsOf, scoreTypeOf, scoringOf } from "@/features/table/columns";
import { EntryList } from "@/features/table/entry-list";
import { ScoreGrid } from "@/features/table/score-grid";
import { StatTabs } from "@/features/table/stat-tabs";
import { TakeSeat } from "@/features/table/take-seat";
import { UndoButtons } from "@/features/table/undo-buttons";
import { useStat } from "@/features/table/use-stat";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import classes from "@/features/table/table.module.css";

interface PlayingTableProps {
  view: View;
  session: Session;
  me: Player;
  role: Role;
  room: Room;
  state: RoomState;
  mayWrite: boolean;
}

export function PlayingTable({ view, session, me, role, room, state, mayWrite }: PlayingTableProps) {
  const { table } = useMessages();
  const format = useFormat();
  const [stat, setStat] = useStat(session);
  const [editing, setEditing] = useState<Cell | null>(null);
  const act = useCallback((command: Command) => room.do(command), [room]);

  const { board } = view;
  const ending = state.entries.some(({ command: { event } }) => event === "end" || event === "abandon");
  const writes = mayWrite && board.status === "playing" && !session.paused && !ending;
  const scoring = scoringOf(session);
  if (stat === undefined) return null;
  const competitive = session.win === "highest" || session.win === "lowest";
  const missing = board.seats
    .filter((line) => board.missing.includes(line.seat))
    .map((line) => format.name(line.name));

  const columns = columnsOf(board, stat, { table: table.forTable, seat: format.name });
  const at = columns.findIndex((column) => column.seat === editing?.seat);
  const following = columns.length > 1 ? columns[at + 1] : undefined;

  return (
    <>
      {board.status === "waiting" && (
        <Alert role="note" color="gray" title={table.waiting}>
          {role === "scorekeeper" && <Button onClick={() => act({ event: "start" })}>{table.start}</Button>}
        </Alert>
      )}
      {session.paused && (
        <Alert role="note" color="gray" title={table.paused}>
          {mayWrite && <Button onClick={() => act({ event: "resume" })}>{table.resume}</Button>}
        </Alert>
      )}
      {role === "spectator" && <TakeSeat session={session} me={me} />}
      <StatTabs stats={session.stats} stat={stat} label={table.sheet} onChange={setStat} />
      <div className={classes.layout}>
        <div className={classes.entry}>
          <EntryList
            key={stat.name}
            view={view}
            stat={stat}
            competitive={competitive}
            scoreType={scoreTypeOf(session)}
            onOpen={setEditing}
            {...(writes && { act })}
          />
          {scoring.length > 0 && (
            <Text size="sm" c="dimmed">
              {missing.length === 0 ? table.complete : table.missing(format.list(missing))}
            </Text>
          )}
          {writes && (
            <Group className={classes.controls}>
              <UndoButtons sessionId={session.id} playerId={me.id} state={state} act={act} />
              <Button
                size="lg"
                className={classes.grow}
                variant={missing.length === 0 ? "filled" : "light"}
                onClick={() => act({ event: "next_round" })}
              >
                {table.nextRound}
              </Button>
            </Group>
          )}
        </div>
        <div className={classes.sheet}>
          <ScoreGrid
            view={view}
            stat={stat}
            withOverall={scoring.length > 1}
            competitive={competitive}
            scoreType={scoreTypeOf(session)}
            {...(writes && { onOpen: setEditing })}
          />
        </div>
      </div>
      {editing !== null && (
        <CellEditor
          key={JSON.stringify(editing)}
          cell={editing}
          stat={stat}
          name={columns[at]?.name ?? ""}
          value={valueOf(board, editing)}
          next={
            following && {
              name: following.name,
              open: () => setEditing({ ...editing, seat: following.seat }),
            }
          }
          act={act}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}
