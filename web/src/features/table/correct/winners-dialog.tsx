// Another answer to who won: by a person's word, or by the totals after all.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { Session } from "@/api/types";
import type { Given } from "@/live/commands";
import { totalsDecide } from "@/features/table/columns";
import { useOutcome } from "@/features/table/outcome";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";

interface WinnersDialogProps {
  session: Session;
  /** The result, and in words. */
  onPick: (result: Given | "computed", said: string) => void;
  onClose: () => void;
}

export function WinnersDialog({ session, onPick, onClose }: WinnersDialogProps) {
  const { correct, end } = useMessages();
  const dialog = useDialog(onClose);
  const { chips, given, said, answered } = useOutcome(session);
  const together = session.win === "cooperative";
  const decided = totalsDecide(session);
  return (
    <Modal {...dialog} title={together ? end.together : end.winners}>
      <Stack>
        {chips}
        {!decided && !together && (
          <Text size="sm" c="dimmed">
            {end.nobody}
          </Text>
        )}
        <Group justify="end">
          {decided && session.result?.given === true && (
            <Button variant="default" onClick={() => onPick("computed", correct.computed)}>
              {correct.computed}
            </Button>
          )}
          <Button disabled={!answered && (together || decided)} onClick={() => onPick(given, said)}>
            {correct.next}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
