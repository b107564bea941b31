// What one can do with a game of the library besides playing it.
import { ActionIcon, Button, Group, Menu, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import { queryClient } from "@/api/queries";
import type { Game } from "@/api/types";
import { GameForm } from "@/features/library/game-form";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";
import { Icon } from "@/ui/icons";

export function GameMenu({ game, mine }: { game: Game; mine: boolean }) {
  const { library, table } = useMessages();
  const [asking, setAsking] = useState<"edit" | "archive">();
  const path = { id: game.id };
  const restoring = useMutation({
    mutationFn: () => answer(api.POST("/games/{id}/restore", { params: { path } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["games"] }),
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            size="lg"
            variant="subtle"
            color="gray"
            aria-label={`${table.more}: ${game.name}`}
            loading={restoring.isPending}
          >
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={`/history?game_id=${game.id}`}>
            {library.history}
          </Menu.Item>
          {mine && <Menu.Item onClick={() => setAsking("edit")}>{library.edit}</Menu.Item>}
          {mine && !game.archived && (
            <Menu.Item onClick={() => setAsking("archive")}>{library.archive}</Menu.Item>
          )}
          {mine && game.archived && (
            <Menu.Item onClick={() => restoring.mutate()}>{library.restore}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {restoring.isError && <Failure error={restoring.error} dismiss={() => restoring.reset()} />}
      {asking === "archive" && <ArchiveDialog game={game} onClose={() => setAsking(undefined)} />}
      {asking === "edit" && <EditDialog game={game} onClose={() => setAsking(undefined)} />}
    </>
  );
}

function ArchiveDialog({ game, onClose }: { game: Game; onClose: () => void }) {
  const { library, app } = useMessages();
  const dialog = useDialog(onClose);
  const archiving = useMutation({
    mutationFn: (even_in_play: boolean) => {
      const params = { path: { id: game.id }, query: { even_in_play } };
      return answer(api.DELETE("/games/{id}", { params }));
    },
    onSuccess: () => {
      onClose();
      return queryClient.invalidateQueries({ queryKey: ["games"] });
    },
  });
  const inPlay = archiving.error instanceof Problem && archiving.error.code === "in_play";
  return (
    <Modal {...dialog} title={library.archiveTitle(game.name)}>
      <Stack>
        <Text>{inPlay ? library.inPlay : library.archiveBody}</Text>
        {archiving.isError && !inPlay && <Failure error={archiving.error} />}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {app.cancel}
          </Button>
          <Button loading={archiving.isPending} onClick={() => archiving.mutate(inPlay)}>
            {inPlay ? library.archiveAnyway : library.archive}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function EditDialog({ game, onClose }: { game: Game; onClose: () => void }) {
  const dialog = useDialog(onClose);
  return (
    <Modal {...dialog} title={game.name}>
      <GameForm game={game} onDone={onClose} />
    </Modal>
  );
}
