// A live table as React sees it.
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { queryClient, sessionQuery } from "@/api/queries";
import { Room, type RoomState } from "@/live/room";

const SETTLE_MS = 250; // a burst of events needs one look at the session, not one for each

function refetchSoon(): (sessionId: string) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (sessionId) => {
    clearTimeout(timer);
    timer = setTimeout(() => void queryClient.invalidateQueries(sessionQuery(sessionId)), SETTLE_MS);
  };
}

export function useRoom(key: string): [Room, RoomState] {
  const room = useMemo(() => new Room(key, refetchSoon()), [key]);
  useEffect(() => {
    room.enter();
    return () => room.leave();
  }, [room]);
  return [room, useSyncExternalStore(room.subscribe, room.snapshot)];
}
