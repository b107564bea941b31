// Who won, where a person says so: all together against the game, or some of them.
import { Chip, Group } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Session } from "@/api/types";
import type { Given } from "@/live/commands";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { unitOf } from "@/features/table/teams";
import classes from "@/features/table/table.module.css";

interface Outcome {
  chips: ReactNode;
  /** What was chosen as a result, and in words. */
  given: Given;
  said: string;
  answered: boolean;
}

/** The choices: a team wins or loses as one. */
export function useOutcome(session: Session): Outcome {
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
      said: won === "won" ? end.won : end.lost,
      answered: won !== null,
    };
  }
  const unit = ({ seat, team }: Session["seats"][number]): string => unitOf({ seat, team: team ?? null });
  const names = new Map(session.seats.map((seat) => [unit(seat), seat.team ?? format.name(seat.name)]));
  return {
    chips: (
      <Chip.Group multiple value={winners} onChange={setWinners}>
        <Group>
          {[...names].map(([value, name]) => (
            <Chip key={value} value={value} classNames={{ label: classes.choice }}>
              {name}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    ),
    given: session.seats.map((seat) => ({ seat: seat.seat, winner: winners.includes(unit(seat)) })),
    said: format.list([...names].filter(([value]) => winners.includes(value)).map(([, name]) => name)),
    answered: winners.length > 0,
  };
}
