// How others get to this table: a code to scan, a link, the key.
import { Button, Modal, Stack, Text } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { QrCode } from "@/ui/qr-code";
import classes from "@/features/table/table.module.css";

export function ShareDialog({ tableKey, onClose }: { tableKey: string; onClose: () => void }) {
  const { share } = useMessages();
  const dialog = useDialog(onClose);
  const clipboard = useClipboard();
  const link = `${location.origin}/r/${tableKey}`;
  return (
    <Modal {...dialog} title={share.title}>
      <Stack align="center" ta="center">
        <QrCode text={link} label={link} />
        <Text size="xl" className={classes.key}>
          {tableKey}
        </Text>
        <Text>{share.scan}</Text>
        <Text size="sm" c="dimmed">
          {link}
        </Text>
        {/* Browsers offer the clipboard in secure contexts only; the link above can always be selected. */}
        {isSecureContext && (
          <Button variant="light" onClick={() => clipboard.copy(link)}>
            {clipboard.copied ? share.copied : share.copy}
          </Button>
        )}
      </Stack>
    </Modal>
  );
}
