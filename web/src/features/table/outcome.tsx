// Who won, where a person says so: all together against the game, or some of them.
import { Chip, Group } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Session } from "@/api/types";
import type { Given } from "@/live/commands";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import classes from "@/features/table/table.module.css";

/** The choices, what they say as a result, and whether any was made. */
export function useOutcome(session: Session): { chips: ReactNode; given: Given; answered: boolean } {
  const { end } = useMessages();
  const format = useFormat();
  const [winners, setWinners] = useState<string[]>([]);
  const [won, setWon] = useState<string | null>(null);
  if (session.win === "cooperative") {
    return {
      chips: (
        <Chip.Group value={won} onChange={setWon}>
          <Group>
            <Chip value="won">{end.won}</Chip>
            <Chip value="lost">{end.lost}</Chip>
          </Group>
        </Chip.Group>
      ),
      given: session.seats.map(({ seat }) => ({ seat, winner: won === "won" })),
      answered: won !== null,
    };
  }
  return {
    chips: (
      <Chip.Group multiple value={winners} onChange={setWinners}>
        <Group>
          {session.seats.map((seat) => (
            <Chip key={seat.seat} value={String(seat.seat)} classNames={{ label: classes.choice }}>
              {format.name(seat.name)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    ),
    given: session.seats.map(({ seat }) => ({ seat, winner: winners.includes(String(seat)) })),
    answered: winners.length > 0,
  };
}
