// A guest has nothing to come back with, and is asked before signing out.
import { Button, Modal, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";

export function GuestLeaves({ onClose, onLeave }: { onClose: () => void; onLeave: () => void }) {
  const { app, entry } = useMessages();
  const dialog = useDialog(onClose);
  const leave = (): void => {
    onClose();
    onLeave();
  };
  return (
    <Modal {...dialog} title={app.guestLeaves}>
      <Stack>
        <Text>{app.guestLeavesHow}</Text>
        <Button component={Link} to="/enter" onClick={onClose} data-autofocus>
          {entry.register}
        </Button>
        <Button variant="outline" color="red" onClick={leave}>
          {app.signOut}
        </Button>
      </Stack>
    </Modal>
  );
}
