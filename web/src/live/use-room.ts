// A live table as React sees it.
import { useEffect, useSyncExternalStore } from "react";
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

// A room that still has writes to send outlives its page, and is found again here.
const rooms = new Map<string, Room>();

function roomOf(key: string, playerId: string): Room {
  const name = `${key} ${playerId}`;
  const room = rooms.get(name) ?? new Room(key, refetchSoon());
  rooms.set(name, room);
  return room;
}

export function useRoom(key: string, playerId: string): [Room, RoomState] {
  const room = roomOf(key, playerId);
  useEffect(() => {
    room.enter();
    return () => room.leave();
  }, [room]);
  return [room, useSyncExternalStore(room.subscribe, room.snapshot)];
}
