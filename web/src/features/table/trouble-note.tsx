// What of mine was not written, and why; what came too late can still get into the result.
import { Alert, Button, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import { queryClient, sessionQuery } from "@/api/queries";
import type { Correction, Player } from "@/api/types";
import { bodyOf } from "@/live/commands";
import type { Trouble } from "@/live/room";
import { useEntryName } from "@/features/table/entry-name";
import { useLanguage } from "@/i18n/language";
import { announce } from "@/ui/announcer";
import { explain, Failure } from "@/ui/failure";

interface TroubleNoteProps {
  trouble: Trouble;
  me: Player;
  onDismiss: () => void;
}

export function TroubleNote({ trouble, me, onDismiss }: TroubleNoteProps) {
  const { messages } = useLanguage();
  const { table, app } = messages;
  const name = useEntryName();
  const found = useQuery({ ...sessionQuery(trouble.sessionId), refetchOnMount: "always" });
  const session = found.data;
  const scores = trouble.entries.flatMap(({ id, command }) => ("cell" in command ? [{ id, command }] : []));
  const late = trouble.problem.code === "session_finished" && scores.length > 0;
  const { what, how } = explain(trouble.problem, messages);
  const correcting = useMutation({
    mutationFn: async () => {
      const params = { path: { id: trouble.sessionId } };
      for (const { id, command } of scores) {
        const body = { ...bodyOf(command), command_id: id, reason: table.correctReason } as Correction;
        try {
          await answer(api.POST("/sessions/{id}/correct", { params, body }));
        } catch (error) {
          // The id is still that of the entry: it was written after all, and only the answer was lost.
          if (!(error instanceof Problem && error.code === "idempotency_conflict")) throw error;
        }
      }
    },
    onSuccess: async () => {
      announce(table.corrected);
      onDismiss();
      await queryClient.invalidateQueries(sessionQuery(trouble.sessionId));
    },
  });
  const keepsScore = session?.scorekeepers.includes(me.id) === true;
  const correctable = late && session?.status === "finished" && session.rules === "scoresheet";
  return (
    <Alert
      role="alert"
      color="red"
      title={table.refused}
      withCloseButton
      closeButtonLabel={app.close}
      onClose={onDismiss}
    >
      <Stack gap="xs" align="start">
        {session &&
          scores.map(({ id, command }) => (
            <Text key={id} size="sm" fw={600}>
              {name(session, command)}
            </Text>
          ))}
        <Text size="sm">{late ? table.late : what}</Text>
        {how !== "" && how !== what && <Text size="sm">{how}</Text>}
        {correctable && <Text size="sm">{keepsScore ? table.correctHow : table.correctAsk}</Text>}
        {correcting.isError && <Failure error={correcting.error} />}
        {correctable && keepsScore && (
          <Button
            size="sm"
            variant="default"
            loading={correcting.isPending}
            onClick={() => correcting.mutate()}
          >
            {table.correct}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
