// Another answer to who won: by a person's word, or by the totals after all.
import { Button, Group, Modal, Stack } from "@mantine/core";
import type { Session } from "@/api/types";
import type { Given } from "@/live/commands";
import { totalsDecide } from "@/features/table/columns";
import { useOutcome } from "@/features/table/outcome";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";

interface WinnersDialogProps {
  session: Session;
  onPick: (result: Given | "computed") => void;
  onClose: () => void;
}

export function WinnersDialog({ session, onPick, onClose }: WinnersDialogProps) {
  const { correct, end } = useMessages();
  const dialog = useDialog(onClose);
  const { chips, given, answered } = useOutcome(session);
  const together = session.win === "cooperative";
  return (
    <Modal {...dialog} title={together ? end.together : end.winners}>
      <Stack>
        {chips}
        <Group justify="end">
          {totalsDecide(session) && session.result?.given === true && (
            <Button variant="default" onClick={() => onPick("computed")}>
              {correct.computed}
            </Button>
          )}
          <Button disabled={!answered && (together || totalsDecide(session))} onClick={() => onPick(given)}>
            {correct.next}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
