// The only question asked: whether the game is really over, and what came out where points do not say it.
import { Button, Chip, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Session } from "@/api/types";
import type { Command, Given } from "@/live/commands";
import { useMessages } from "@/i18n/language";

interface EndDialogProps {
  how: "end" | "abandon";
  session: Session;
  unsent: number;
  act: (command: Command) => void;
  onClose: () => void;
}

export function EndDialog({ how, session, unsent, act, onClose }: EndDialogProps) {
  const { end, app } = useMessages();
  const [winners, setWinners] = useState<string[]>([]);
  const [won, setWon] = useState<string | null>(null);
  const together = how === "end" && session.win === "cooperative";
  const pointless = !session.stats.some((stat) => stat.scoring === true && stat.scope === "player");
  const pick = how === "end" && !together && (session.win === "none" || pointless);

  const given = (): Given | undefined => {
    if (together) return session.seats.map(({ seat }) => ({ seat, winner: won === "won" }));
    return pick
      ? session.seats.map(({ seat }) => ({ seat, winner: winners.includes(String(seat)) }))
      : undefined;
  };
  const confirm = (): void => {
    const result = given();
    if (how === "abandon") act({ event: "abandon" });
    else act(result === undefined ? { event: "end" } : { event: "end", result });
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={how === "end" ? end.title : end.abandonTitle}
      closeButtonProps={{ "aria-label": app.close }}
    >
      <Stack>
        {how === "abandon" && <Text>{end.abandonBody}</Text>}
        {how === "end" && !together && !pick && <Text>{end.body}</Text>}
        {unsent > 0 && <Text c="dimmed">{end.pending}</Text>}
        {together && (
          <>
            <Text>{end.together}</Text>
            <Chip.Group value={won} onChange={setWon}>
              <Group>
                <Chip value="won">{end.won}</Chip>
                <Chip value="lost">{end.lost}</Chip>
              </Group>
            </Chip.Group>
          </>
        )}
        {pick && (
          <>
            <Text>{end.winners}</Text>
            <Chip.Group multiple value={winners} onChange={setWinners}>
              <Group>
                {session.seats.map((seat) => (
                  <Chip key={seat.seat} value={String(seat.seat)}>
                    {seat.name}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
            <Text size="sm" c="dimmed">
              {end.nobody}
            </Text>
          </>
        )}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {app.cancel}
          </Button>
          <Button
            color={how === "abandon" ? "red" : "teal"}
            disabled={together && won === null}
            onClick={confirm}
          >
            {how === "abandon" ? end.abandonConfirm : end.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
