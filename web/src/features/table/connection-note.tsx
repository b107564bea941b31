// A lost connection or one that takes long, and what has not been sent because of it.
import { Alert } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Entry } from "@/live/outbox";
import type { RoomState } from "@/live/room";
import { useMessages } from "@/i18n/language";
import classes from "@/features/table/table.module.css";

/** After its last tap an entry is on its way for so long before anybody is told. */
const LONG_MS = 2_000;

interface ConnectionNoteProps {
  connection: RoomState["connection"];
  entries: readonly Entry[];
}

export function ConnectionNote({ connection, entries }: ConnectionNoteProps) {
  const { table } = useMessages();
  const unsent = entries.filter((entry) => entry.index === undefined);
  const long = usePassed(unsent[0] && unsent[0].touchedAt + LONG_MS);
  const away = connection === "away";
  if (!away && !long) return null;
  return (
    <Alert
      role="note"
      color={away ? "yellow" : "gray"}
      py={4}
      className={classes.passing}
      title={away ? table.connections.away : table.sending}
    >
      {unsent.length > 0 && table.unsent(unsent.length)}
    </Alert>
  );
}

/** Whether a moment of the device's clock lies in the past. */
function usePassed(moment: number | undefined): boolean {
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (moment === undefined) return;
    const timer = setTimeout(() => setNow(Math.max(Date.now(), moment)), moment - Date.now());
    return () => clearTimeout(timer);
  }, [moment]);
  return moment !== undefined && moment <= now;
}
