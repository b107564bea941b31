// A live table as React sees it.
import { useEffect, useSyncExternalStore } from "react";
import { queryClient, sessionQuery } from "@/api/queries";
import { tokens } from "@/api/client";
import { Room, type RoomState } from "@/live/room";
import { Shelf, tablesLeft } from "@/live/shelf";
import { liveSocket } from "@/live/socket";

const SETTLE_MS = 250; // a burst of events needs one look at the session, not one for each

function refetchSoon(): (sessionId: string) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (sessionId) => {
    clearTimeout(timer);
    timer = setTimeout(() => void queryClient.invalidateQueries(sessionQuery(sessionId)), SETTLE_MS);
  };
}

// A room that still has writes to send outlives its page, and is found again here.
const rooms = new Map<string, { room: Room; playerId: string }>();

tokens.subscribe(() => {
  const id = tokens.current()?.player.id;
  for (const { room, playerId } of rooms.values()) if (playerId !== id) room.part();
});

function roomOf(key: string, playerId: string): Room {
  const name = `${key} ${playerId}`;
  const known = rooms.get(name);
  if (known !== undefined) return known.room;
  const room = new Room(key, refetchSoon(), () => liveSocket(playerId), new Shelf(playerId, key));
  rooms.set(name, { room, playerId });
  return room;
}

/** Send what an earlier page left at any table. */
export function sendLeft(playerId: string): void {
  for (const key of tablesLeft(playerId)) {
    if (rooms.has(`${key} ${playerId}`)) continue; // sends it already
    const room = roomOf(key, playerId);
    room.enter();
    room.leave();
  }
}

export function useRoom(key: string, playerId: string): [Room, RoomState] {
  const room = roomOf(key, playerId);
  useEffect(() => {
    room.enter();
    return () => room.leave();
  }, [room]);
  return [room, useSyncExternalStore(room.subscribe, room.snapshot)];
}
