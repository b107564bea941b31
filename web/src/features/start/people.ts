// Whom one might want to seat: oneself, and the people one plays with, the latest first.
import type { NewSession, Player, Session } from "@/api/types";

export interface Person {
  /** Without one, the server finds or makes the player by the name. */
  id?: string;
  name: string;
}

export function knownPeople(me: Player, library: readonly Player[], history: readonly Session[]): Person[] {
  const people = new Map<string, Person>([[me.id, { id: me.id, name: me.display_name }]]);
  const played = history.flatMap((session) => session.seats.filter((seat) => !seat.is_bot));
  for (const seat of played)
    if (!people.has(seat.player_id)) people.set(seat.player_id, { id: seat.player_id, name: seat.name });
  for (const player of library) {
    if (player.kind !== "bot" && !people.has(player.id))
      people.set(player.id, { id: player.id, name: player.display_name });
  }
  return [...people.values()];
}

/** Who sat at the last table of this game, in their order; oneself when it was never played. */
export function lastTable(
  gameId: string,
  people: readonly Person[],
  history: readonly Session[],
): readonly Person[] {
  const last = history.find((session) => session.game_id === gameId);
  if (last === undefined) return people.slice(0, 1);
  return last.seats.flatMap((seat) => people.find((person) => person.id === seat.player_id) ?? []);
}

export function seatOf(person: Person): NewSession["seats"][number] {
  return person.id === undefined ? { name: person.name } : { player_id: person.id };
}
