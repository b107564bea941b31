// Inviting somebody to be a named player of one's library: a code to send, shown once.
import { Button, Code, CopyButton, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import type { Player } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";

export function InviteButton({ player }: { player: Player }) {
  const { library, share, app } = useMessages();
  const format = useFormat();
  const inviting = useMutation({
    mutationFn: () => answer(api.POST("/players/{id}/invitation", { params: { path: { id: player.id } } })),
  });
  const name = player.display_name;
  return (
    <>
      <Button
        size="sm"
        variant="subtle"
        aria-label={library.inviteTitle(name)}
        loading={inviting.isPending}
        onClick={() => inviting.mutate()}
      >
        {library.invite}
      </Button>
      <Modal
        opened={inviting.isSuccess || inviting.isError}
        onClose={() => inviting.reset()}
        title={library.inviteTitle(name)}
        closeButtonProps={{ "aria-label": app.close }}
      >
        {inviting.isError && <Failure error={inviting.error} />}
        {inviting.data && (
          <Stack>
            <Text>{library.inviteHow(name)}</Text>
            <Code block fz="xl" ta="center">
              {inviting.data.code}
            </Code>
            <Text size="sm" c="dimmed">
              {library.until(format.day(inviting.data.expires_at))}
            </Text>
            <CopyButton value={inviting.data.code}>
              {({ copied, copy }) => <Button onClick={copy}>{copied ? share.copied : library.copy}</Button>}
            </CopyButton>
          </Stack>
        )}
      </Modal>
    </>
  );
}
