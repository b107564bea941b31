// The only question asked: whether the game is really over, and what came out where points do not say it.
import { Button, Chip, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Session } from "@/api/types";
import type { Command, Given } from "@/live/commands";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import classes from "@/features/table/table.module.css";

interface EndDialogProps {
  how: "end" | "abandon";
  session: Session;
  unsent: number;
  act: (command: Command) => void;
  onClose: () => void;
}

export function EndDialog({ how, session, unsent, act, onClose }: EndDialogProps) {
  const { end, app } = useMessages();
  const format = useFormat();
  const dialog = useDialog(onClose);
  const [winners, setWinners] = useState<string[]>([]);
  const [won, setWon] = useState<string | null>(null);
  const together = how === "end" && session.win === "cooperative";
  const pick = how === "end" && !together && session.win !== "none";
  const totalsDecide = session.stats.some((stat) => stat.scoring && stat.scope === "player");

  const given = (): Given | undefined => {
    if (together) return session.seats.map(({ seat }) => ({ seat, winner: won === "won" }));
    if (!pick || (totalsDecide && winners.length === 0)) return undefined;
    return session.seats.map(({ seat }) => ({ seat, winner: winners.includes(String(seat)) }));
  };
  const confirm = (): void => {
    const result = given();
    if (how === "abandon") act({ event: "abandon" });
    else act(result === undefined ? { event: "end" } : { event: "end", result });
    onClose();
  };
  return (
    <Modal {...dialog} title={how === "end" ? end.title : end.abandonTitle}>
      <Stack>
        {how === "abandon" && <Text>{end.abandonBody}</Text>}
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
            <Text>{totalsDecide ? end.body : end.winners}</Text>
            <Chip.Group multiple value={winners} onChange={setWinners}>
              <Group>
                {session.seats.map((seat) => (
                  <Chip key={seat.seat} value={String(seat.seat)} classNames={{ label: classes.choice }}>
                    {format.name(seat.name)}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
            {!totalsDecide && (
              <Text size="sm" c="dimmed">
                {end.nobody}
              </Text>
            )}
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
