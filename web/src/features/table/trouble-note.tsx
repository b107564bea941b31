// A write of mine that did not happen, and why.
import { Alert } from "@mantine/core";
import type { Trouble } from "@/live/room";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";

export function TroubleNote({ trouble, onDismiss }: { trouble: Trouble; onDismiss: () => void }) {
  const { table, app } = useMessages();
  if (trouble.kind === "refused")
    return <Failure title={table.refused} error={trouble.problem} dismiss={onDismiss} />;
  return (
    <Alert
      role="alert"
      color="red"
      title={table.lost(trouble.writes)}
      withCloseButton
      closeButtonLabel={app.close}
      onClose={onDismiss}
    >
      {table.lostHow}
    </Alert>
  );
}
