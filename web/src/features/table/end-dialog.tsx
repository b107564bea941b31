// The only question asked: whether the game is really over, and what came out where points do not say it.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { Session } from "@/api/types";
import type { Command } from "@/live/commands";
import { totalsDecide } from "@/features/table/columns";
import { useOutcome } from "@/features/table/outcome";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";

interface EndDialogProps {
  how: "end" | "abandon";
  session: Session;
  unsent: number;
  act: (command: Command) => void;
  onClose: () => void;
}

export function EndDialog({ how, session, unsent, act, onClose }: EndDialogProps) {
  const { end, app } = useMessages();
  const dialog = useDialog(onClose);
  const { chips, given, answered } = useOutcome(session);
  const asks = how === "end" && session.win !== "none";
  const together = asks && session.win === "cooperative";
  const decided = totalsDecide(session);

  const confirm = (): void => {
    if (how === "abandon") act({ event: "abandon" });
    else act(asks && (answered || !decided) ? { event: "end", result: given } : { event: "end" });
    onClose();
  };
  return (
    <Modal {...dialog} title={how === "end" ? end.title : end.abandonTitle}>
      <Stack>
        {how === "abandon" && <Text>{end.abandonBody}</Text>}
        {unsent > 0 && <Text c="dimmed">{end.pending}</Text>}
        {asks && (
          <>
            <Text>{together ? end.together : decided ? end.body : end.winners}</Text>
            {chips}
            {!decided && !together && (
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
            disabled={together && !answered}
            onClick={confirm}
          >
            {how === "abandon" ? end.abandonConfirm : end.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
