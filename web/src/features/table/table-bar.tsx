// The head of a table: where one is, who is here, and what one may do with the game as a whole.
import { ActionIcon, Button, Group, Indicator, Menu, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { Player, Scoreboard, Session } from "@/api/types";
import type { Present, Role, Room } from "@/live/room";
import { correctable } from "@/features/table/correct/correct-menu";
import { EndDialog } from "@/features/table/end-dialog";
import { PeopleDrawer } from "@/features/table/people-drawer";
import { ShareDialog } from "@/features/table/share-dialog";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";
import classes from "@/features/table/table.module.css";

interface TableBarProps {
  session: Session;
  board: Scoreboard;
  me: Player;
  role: Role;
  present: readonly Present[];
  room: Room;
  unsent: number;
}

export function TableBar({ session, board, me, role, present, room, unsent }: TableBarProps) {
  const { correct, table } = useMessages();
  const [open, setOpen] = useState<"share" | "people" | "end" | "abandon" | null>(null);
  const close = (): void => setOpen(null);
  const runs = board.status === "playing";
  const over = !runs && board.status !== "waiting";
  const keepsScore = role === "scorekeeper";
  const governs = session.host_id === me.id;
  const manages = keepsScore || governs;
  const amends = correctable(session, me).length > 0;
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Title order={1} size="h3">
        {runs ? table.round(board.round) : table.title(session.key)}
      </Title>
      <Group gap={6} wrap="nowrap">
        <Button
          variant="default"
          size="sm"
          className={classes.key}
          leftSection={<Icon name="share" size={18} />}
          aria-label={`${table.share}: ${session.key}`}
          onClick={() => setOpen("share")}
        >
          {session.key}
        </Button>
        <Indicator color="red" size={12} offset={4} disabled={!manages || session.requests.length === 0}>
          <ActionIcon variant="default" size={36} aria-label={table.people} onClick={() => setOpen("people")}>
            <Icon name="people" />
          </ActionIcon>
        </Indicator>
        {((keepsScore && runs) || (governs && !over) || amends) && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="default" size={36} aria-label={table.more}>
                <Icon name="more" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {keepsScore && runs && (
                <Menu.Item onClick={() => room.do({ event: session.paused ? "resume" : "pause" })}>
                  {session.paused ? table.resume : table.pause}
                </Menu.Item>
              )}
              {keepsScore && runs && <Menu.Item onClick={() => setOpen("end")}>{table.end}</Menu.Item>}
              {amends && (
                <Menu.Item component={Link} to={`/s/${session.id}`}>
                  {correct.open}
                </Menu.Item>
              )}
              {governs && !over && (
                <Menu.Item c="var(--danger)" onClick={() => setOpen("abandon")}>
                  {table.abandon}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      {open === "share" && <ShareDialog tableKey={session.key} onClose={close} />}
      {open === "people" && (
        <PeopleDrawer
          session={session}
          board={board}
          me={me}
          manages={manages}
          present={present}
          onClose={close}
        />
      )}
      {(open === "end" || open === "abandon") && (
        <EndDialog
          how={open}
          session={session}
          unsent={unsent}
          act={(command) => room.do(command)}
          onClose={close}
        />
      )}
    </Group>
  );
}
