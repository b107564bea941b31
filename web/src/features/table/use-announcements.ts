// Says aloud what changed on the board and with the connection.
import { useEffect, useRef } from "react";
import type { Scoreboard } from "@/api/types";
import type { RoomState } from "@/live/room";
import { useFormat, type ScoreType } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { announce } from "@/ui/announcer";

export function useAnnouncements(
  board: Scoreboard | undefined,
  scoreType: ScoreType,
  connection: RoomState["connection"],
): void {
  const { table } = useMessages();
  const format = useFormat();
  const last = useRef<Scoreboard>(undefined);
  const wasAway = useRef(false);

  useEffect(() => {
    const before = last.current;
    last.current = board;
    if (before === undefined || board === undefined || before.session_id !== board.session_id) return;
    const news = board.seats
      .filter((line) => before.seats.some((old) => old.seat === line.seat && old.total !== line.total))
      .map((line) => table.announceTotal(format.name(line.name), format.score(line.total, scoreType)));
    if (board.round !== before.round) news.push(table.round(board.round));
    if (news.length > 0) announce(news.join(", "));
  }, [board, scoreType, table, format]);

  useEffect(() => {
    if (connection === "away") announce(table.connections.away);
    else if (connection === "live" && wasAway.current) announce(table.connections.live);
    if (connection !== "joining") wasAway.current = connection === "away";
  }, [connection, table]);
}
