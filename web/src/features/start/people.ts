// Whom one might want to seat: oneself, and the people one plays with, the latest first.
import type { NewSession, Player, Summary } from "@/api/types";

export interface Person {
  /** Without one, the server finds or makes the player by the name. */
  id?: string;
  name: string;
}

export function knownPeople(me: Player, library: readonly Player[], history: readonly Summary[]): Person[] {
  const people = new Map<string, Person>([[me.id, { id: me.id, name: me.display_name }]]);
  const meet = (id: string, name: string | null): void => {
    if (name !== null && !people.has(id)) people.set(id, { id, name }); // without a name they were erased
  };
  for (const seat of history.flatMap((session) => session.seats)) {
    if (!seat.is_bot) meet(seat.player_id, seat.name);
  }
  for (const player of library) meet(player.id, player.display_name);
  return [...people.values()];
}

/** Who sat at the last table of this game, in their order; oneself when it was never played. */
export function lastTable(
  gameId: string,
  people: readonly Person[],
  history: readonly Summary[],
): readonly Person[] {
  const last = history.find((session) => session.game_id === gameId);
  if (last === undefined) return people.slice(0, 1);
  return last.seats.flatMap((seat) => people.find((person) => person.id === seat.player_id) ?? []);
}

export function seatOf(person: Person): NonNullable<NewSession["seats"]>[number] {
  return person.id === undefined ? { name: person.name } : { player_id: person.id };
}
