// A lost connection, and what has not been sent because of it.
import { Alert } from "@mantine/core";
import type { RoomState } from "@/live/room";
import { useMessages } from "@/i18n/language";
import classes from "@/features/table/table.module.css";

interface ConnectionNoteProps {
  connection: RoomState["connection"];
  unsent: number;
}

export function ConnectionNote({ connection, unsent }: ConnectionNoteProps) {
  const { table } = useMessages();
  if (connection !== "away") return null;
  return (
    <Alert role="note" color="yellow" py={4} className={classes.passing} title={table.connections.away}>
      {unsent > 0 && table.unsent(unsent)}
    </Alert>
  );
}
