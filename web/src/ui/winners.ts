// Who won, as the statistics count it: where nobody was beaten, nobody won.

interface Seat {
  winner: boolean | null;
  team: string | null;
}

/** Whether all came first, without being one team. */
export const isDraw = (seats: readonly Seat[]): boolean =>
  seats.length > 1 &&
  seats.every((seat) => seat.winner === true) &&
  seats.some(({ team }) => team === null || team !== seats[0]?.team);

/** The winners of a session: none in a draw, and none of somebody who played alone. */
export function winnersOf<Of extends Seat>(seats: readonly Of[], cooperative: boolean): Of[] {
  if (!cooperative && (seats.length === 1 || isDraw(seats))) return [];
  return seats.filter((seat) => seat.winner === true);
}
