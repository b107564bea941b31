// What games are called, where figures know only their ids.
import { useQueries } from "@tanstack/react-query";
import { gameQuery } from "@/api/queries";
import { useMessages } from "@/i18n/language";

export function useGameNames(ids: readonly string[]): (id: string) => string {
  const { home } = useMessages();
  const games = useQueries({ queries: ids.map(gameQuery) });
  const names = new Map(ids.map((id, place) => [id, games[place]?.data?.name]));
  return (id) => names.get(id) ?? home.game;
}
