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
import { Failure } from "@/ui/failure";
import { Icon } from "@/ui/icons";

export function GameMenu({ game, mine }: { game: Game; mine: boolean }) {
  const { library, table, app } = useMessages();
  const [asking, setAsking] = useState<"edit" | "archive">();
  const path = { id: game.id };
  const archiving = useMutation({
    mutationFn: (even_in_play: boolean) =>
      answer(api.DELETE("/games/{id}", { params: { path, query: { even_in_play } } })),
    onSuccess: () => {
      close();
      return queryClient.invalidateQueries({ queryKey: ["games"] });
    },
  });
  const restoring = useMutation({
    mutationFn: () => answer(api.POST("/games/{id}/restore", { params: { path } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["games"] }),
  });
  const inPlay = archiving.error instanceof Problem && archiving.error.code === "in_play";
  const close = (): void => {
    setAsking(undefined);
    archiving.reset();
  };

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
      <Modal
        opened={asking === "archive"}
        onClose={close}
        title={library.archiveTitle(game.name)}
        closeButtonProps={{ "aria-label": app.close }}
      >
        <Stack>
          <Text>{inPlay ? library.inPlay : library.archiveBody}</Text>
          {archiving.isError && !inPlay && <Failure error={archiving.error} />}
          <Group justify="end">
            <Button variant="default" onClick={close}>
              {app.cancel}
            </Button>
            <Button loading={archiving.isPending} onClick={() => archiving.mutate(inPlay)}>
              {inPlay ? library.archiveAnyway : library.archive}
            </Button>
          </Group>
        </Stack>
      </Modal>
      <Modal
        opened={asking === "edit"}
        onClose={close}
        title={game.name}
        closeButtonProps={{ "aria-label": app.close }}
      >
        <GameForm game={game} onDone={close} />
      </Modal>
    </>
  );
}
