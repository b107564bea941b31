// Taking one's data along, and being forgotten.
import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { keepFile } from "@/api/download";
import { erase } from "@/api/me";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";

export function DataForm({ guest }: { guest: boolean }) {
  const { settings } = useMessages();
  const [asking, { open, close }] = useDisclosure();
  const exporting = useMutation({
    mutationFn: () => answer(api.GET("/players/me/export", { parseAs: "blob" })),
    onSuccess: (file: unknown) => keepFile(file as Blob, "tallybook.json"),
  });
  return (
    <Stack gap="sm">
      <Text c="dimmed">{settings.exportHow}</Text>
      {exporting.isError && <Failure error={exporting.error} />}
      <Button variant="default" loading={exporting.isPending} onClick={() => exporting.mutate()}>
        {settings.export}
      </Button>
      <Text c="dimmed">{settings.eraseHow}</Text>
      <Button variant="outline" color="red" onClick={open}>
        {settings.erase}
      </Button>
      {asking && <EraseDialog guest={guest} onClose={close} />}
    </Stack>
  );
}

function EraseDialog({ guest, onClose }: { guest: boolean; onClose: () => void }) {
  const { settings, app } = useMessages();
  const dialog = useDialog(onClose);
  const [password, setPassword] = useState("");
  const erasing = useMutation({ mutationFn: () => erase(password) });
  return (
    <Modal {...dialog} title={settings.eraseTitle}>
      <Stack>
        <Text>{settings.eraseHow}</Text>
        {!guest && (
          <PasswordInput
            label={settings.erasePassword}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        {erasing.isError && <Failure error={erasing.error} />}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {app.cancel}
          </Button>
          <Button
            color="red"
            loading={erasing.isPending}
            disabled={!guest && password === ""}
            onClick={() => erasing.mutate()}
          >
            {settings.eraseConfirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
