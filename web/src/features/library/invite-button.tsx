// Inviting somebody to be a named player of one's library: a code to send, shown once.
import { Button, Code, CopyButton, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { answer, api } from "@/api/client";
import type { Invitation, Player } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";

export function InviteButton({ player }: { player: Player }) {
  const { library } = useMessages();
  const button = useRef<HTMLButtonElement>(null);
  const inviting = useMutation({
    mutationFn: () => answer(api.POST("/players/{id}/invitation", { params: { path: { id: player.id } } })),
  });
  const close = (): void => {
    inviting.reset();
    button.current?.focus(); // it was disabled while the code was on its way, and so lost the focus
  };
  const name = player.display_name;
  return (
    <>
      <Button
        ref={button}
        size="sm"
        variant="subtle"
        aria-label={library.inviteTitle(name)}
        loading={inviting.isPending}
        onClick={() => inviting.mutate()}
      >
        {library.invite}
      </Button>
      {(inviting.isSuccess || inviting.isError) && (
        <InviteDialog name={name} invitation={inviting.data} error={inviting.error} onClose={close} />
      )}
    </>
  );
}

interface InviteDialogProps {
  name: string;
  invitation: Invitation | undefined;
  error: Error | null;
  onClose: () => void;
}

function InviteDialog({ name, invitation, error, onClose }: InviteDialogProps) {
  const { library, share } = useMessages();
  const format = useFormat();
  const dialog = useDialog(onClose);
  return (
    <Modal {...dialog} title={library.inviteTitle(name)}>
      {error && <Failure error={error} />}
      {invitation && (
        <Stack>
          <Text>{library.inviteHow(name)}</Text>
          <Code block fz="xl" ta="center">
            {invitation.code}
          </Code>
          <Text size="sm" c="dimmed">
            {library.until(format.day(invitation.expires_at))}
          </Text>
          <CopyButton value={invitation.code}>
            {({ copied, copy }) => <Button onClick={copy}>{copied ? share.copied : library.copy}</Button>}
          </CopyButton>
        </Stack>
      )}
    </Modal>
  );
}
