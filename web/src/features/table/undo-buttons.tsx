// Taking back what one wrote, and putting it back.
import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { pastQuery } from "@/api/queries";
import type { Command } from "@/live/commands";
import type { RoomState } from "@/live/room";
import { followed, NO_TRAIL, possible } from "@/live/trail";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";

interface UndoButtonsProps {
  sessionId: string;
  playerId: string;
  state: Pick<RoomState, "entries" | "heard">;
  act: (command: Command) => void;
}

export function UndoButtons({ sessionId, playerId, state: { entries, heard }, act }: UndoButtonsProps) {
  const { table } = useMessages();
  const past = useQuery(pastQuery(sessionId)).data;
  const trail = useMemo(
    () => followed(past ? followed(NO_TRAIL, past, playerId) : undefined, heard, playerId),
    [past, heard, playerId],
  );
  const can = possible(trail, entries);
  return (["undo", "redo"] as const).map((event) => (
    <ActionIcon
      key={event}
      size={48}
      variant="default"
      aria-label={table[event]}
      aria-disabled={!can[event]} // it keeps the focus of whoever presses it until there is nothing left
      data-disabled={!can[event] || undefined}
      onClick={() => can[event] && act({ event })}
    >
      <Icon name={event} size={24} />
    </ActionIcon>
  ));
}
