// A correction before it is made: all that it would change, and why it is made.
import { Button, Group, Modal, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { answer, api } from "@/api/client";
import { useCommandId } from "@/api/command-id";
import { Problem } from "@/api/problem";
import { queryClient, scoreboardQuery, sessionQuery } from "@/api/queries";
import type { Correction, Preview, Session } from "@/api/types";
import { ChangeList } from "@/features/table/correct/change-list";
import { useMessages } from "@/i18n/language";
import { announce } from "@/ui/announcer";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";

/** What is to be done, in words, and what of the session that changes; without a change all of it is to be void. */
export interface Draft {
  name: string;
  change?: Omit<Correction, "reason">;
}

interface ReviewDialogProps {
  session: Session;
  draft: Draft;
  onDone: () => void;
  onClose: () => void;
}

export function ReviewDialog({ session, draft: { name, change }, onDone, onClose }: ReviewDialogProps) {
  const { correct, app } = useMessages();
  const dialog = useDialog(onClose);
  const commandId = useCommandId();
  const usual = change ? correct.reasons.wrong : correct.reasons.void;
  const [reason, setReason] = useState(usual);
  const params = { path: { id: session.id } };
  const preview = useQuery({
    queryKey: ["preview", session.id, change],
    queryFn: (): Promise<Preview> =>
      change
        ? answer(api.POST("/sessions/{id}/correct/preview", { params, body: { ...change, reason: usual } }))
        : answer(api.POST("/sessions/{id}/void/preview", { params, body: { reason: usual } })),
    staleTime: 0,
    gcTime: 0,
    networkMode: "always",
    retry: false, // who is offline is told so at once
  });
  const correcting = useMutation({
    mutationFn: (expected_index: number) => {
      const body = { ...change, reason: reason.trim(), expected_index };
      const named = { ...body, command_id: commandId(body) };
      return change
        ? answer(api.POST("/sessions/{id}/correct", { params, body: named }))
        : answer(api.POST("/sessions/{id}/void", { params, body: named }));
    },
    onSuccess: () => {
      announce(change ? correct.done : correct.voided);
      onDone();
      return queryClient.invalidateQueries(); // it may have changed any figure
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      void preview.refetch(); // somebody may have been faster
      for (const { queryKey } of [sessionQuery(session.id), scoreboardQuery(session.id)])
        void queryClient.invalidateQueries({ queryKey });
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (preview.data) correcting.mutate(preview.data.index);
  };
  return (
    <Modal {...dialog} title={change ? correct.title : correct.voidTitle}>
      <form onSubmit={submit}>
        <Stack>
          <Text fw={change ? 600 : 400}>{name}</Text>
          {preview.isError ? (
            <Failure error={preview.error} retry={() => void preview.refetch()} />
          ) : preview.data ? (
            <ChangeList session={session} preview={preview.data} />
          ) : (
            <Skeleton height={96} radius="md" />
          )}
          <TextInput
            label={correct.reason}
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {correcting.isError && !preview.isError && <Failure error={correcting.error} />}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {app.cancel}
            </Button>
            <Button
              type="submit"
              color={change ? "teal" : "red"}
              disabled={!preview.data || preview.isError || preview.isFetching || reason.trim() === ""}
              loading={correcting.isPending}
            >
              {change ? correct.confirm : correct.voidConfirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
