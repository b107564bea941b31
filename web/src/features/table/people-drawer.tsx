// Who sits, who watches, who keeps the score; requests for a seat are answered here.
import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Drawer,
  Group,
  Menu,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQueries } from "@tanstack/react-query";
import { useState, type SubmitEvent, type ReactNode } from "react";
import { answer, api } from "@/api/client";
import { newCommandId } from "@/api/command-id";
import { playerQuery, playersQuery, queryClient, sessionQuery } from "@/api/queries";
import type { Player, Scoreboard, SeatChange, Session } from "@/api/types";
import type { Present } from "@/live/room";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";
import { Icon } from "@/ui/icons";
import { PlayerDot } from "@/ui/player-dot";

type Change =
  | { seats: SeatChange }
  | { addNamed: string }
  | { appoint: string }
  | { dismiss: string }
  | { handOver: string };

function useTableChange(session: Session, me: Player) {
  const header = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": newCommandId() });
  const path = { id: session.id };
  const keeper = (player_id: string) => ({ params: { path: { ...path, player_id }, header: header() } });
  const changeSeats = (body: SeatChange) =>
    answer(api.POST("/sessions/{id}/seats", { params: { path, header: header() }, body }));
  return useMutation({
    mutationFn: async (change: Change) => {
      if ("seats" in change) await changeSeats(change.seats);
      if ("addNamed" in change) {
        await changeSeats({ add: { name: change.addNamed } });
        void queryClient.invalidateQueries(playersQuery);
      }
      const appointed =
        "appoint" in change ? change.appoint : "handOver" in change ? change.handOver : undefined;
      const dismissed = "dismiss" in change ? change.dismiss : "handOver" in change ? me.id : undefined;
      if (appointed !== undefined) {
        await answer(api.PUT("/sessions/{id}/scorekeepers/{player_id}", keeper(appointed)));
      }
      if (dismissed !== undefined) {
        await answer(api.DELETE("/sessions/{id}/scorekeepers/{player_id}", keeper(dismissed)));
      }
    },
    onSettled: () => queryClient.invalidateQueries(sessionQuery(session.id)),
  });
}

/** Who sits there by name alone: nobody signs in as them, so they cannot keep the score. */
function useNobodys(session: Session, wanted: boolean): ReadonlySet<string> {
  const players = useQueries({
    queries: wanted ? session.seats.map((seat) => playerQuery(seat.player_id)) : [],
  });
  const named = players.filter(({ data }) => data?.kind === "named" && data.claimed_by === undefined);
  return new Set(named.flatMap(({ data }) => data?.id ?? []));
}

/** How many values go when the seat goes. */
const valuesOf = (board: Scoreboard, seat: number): number =>
  Object.values(board.seats.find((line) => line.seat === seat)?.values ?? {}).reduce(
    (count, { by_round }) => count + by_round.length,
    0,
  );

interface PeopleDrawerProps {
  session: Session;
  board: Scoreboard;
  me: Player;
  manages: boolean;
  present: readonly Present[];
  onClose: () => void;
}

export function PeopleDrawer({ session, board, me, manages, present, onClose }: PeopleDrawerProps) {
  const { people, app } = useMessages();
  const dialog = useDialog(onClose);
  const change = useTableChange(session, me);
  const nobodys = useNobodys(session, manages);
  const [name, setName] = useState("");
  const [team, setTeam] = useState<{ seat: number; text: string } | null>(null);
  const [leaving, setLeaving] = useState<{ seat: number; values: number } | null>(null);
  const here = new Set(present.map((each) => each.player_id));
  const format = useFormat();
  const nameOf = (seat: number): string =>
    format.name(session.seats.find((each) => each.seat === seat)?.name ?? null);
  const watching = [
    ...present,
    ...session.scorekeepers
      .filter((id) => !here.has(id))
      .map((id) => ({ player_id: id, name: id === me.id ? me.display_name : undefined })),
  ].filter((each) => !session.seats.some((seat) => seat.player_id === each.player_id));

  const keeperItems = (playerId: string): ReactNode =>
    session.scorekeepers.includes(playerId) ? (
      <Menu.Item
        disabled={session.scorekeepers.length === 1}
        onClick={() => change.mutate({ dismiss: playerId })}
      >
        {people.stopScorekeeper}
      </Menu.Item>
    ) : (
      <>
        <Menu.Item onClick={() => change.mutate({ appoint: playerId })}>{people.makeScorekeeper}</Menu.Item>
        {session.scorekeepers.includes(me.id) && (
          <Menu.Item onClick={() => change.mutate({ handOver: playerId })}>{people.handOver}</Menu.Item>
        )}
      </>
    );

  const person = (
    playerId: string,
    shown: string,
    note: string | null | undefined,
    items: ReactNode,
  ): ReactNode => (
    <Group key={playerId} component="li" wrap="nowrap" gap="sm">
      <PlayerDot id={playerId} name={shown} />
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text fw={600}>{shown}</Text>
        <Group gap={6}>
          {note != null && <Badge variant="default">{note}</Badge>}
          {session.scorekeepers.includes(playerId) && <Badge variant="light">{people.scorekeeper}</Badge>}
          {here.has(playerId) && (
            <Badge variant="dot" color="green">
              {people.here}
            </Badge>
          )}
        </Group>
      </div>
      {manages && (
        // What an item asks has the focus until it is answered.
        <Menu position="bottom-end" returnFocus={team === null && leaving === null}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={people.actions(shown)}>
              <Icon name="more" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>{items}</Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );

  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    change.mutate({ addNamed: name.trim() }, { onSuccess: () => setName("") });
  };
  const remove = (seat: number): void =>
    change.mutate({ seats: { remove: seat } }, { onSuccess: () => setLeaving(null) });
  const askToRemove = (seat: number): void => {
    const values = valuesOf(board, seat);
    if (values === 0) remove(seat);
    else setLeaving({ seat, values });
  };
  const saveTeam = (event: SubmitEvent): void => {
    event.preventDefault();
    if (team === null) return;
    const text = team.text.trim();
    const seats = { team: { seat: team.seat, ...(text === "" ? {} : { team: text }) } };
    change.mutate({ seats }, { onSuccess: () => setTeam(null) });
  };

  return (
    <Drawer {...dialog} position="right" title={people.title}>
      <Stack gap="lg">
        {change.isError && <Failure error={change.error} />}
        {manages && session.requests.length > 0 && (
          <Stack gap="xs">
            <Title order={2} size="h5">
              {people.requests}
            </Title>
            {session.requests.map(({ seat, player_id, name: asking }) => (
              <Group key={`${seat} ${player_id}`} className="sheet" p="sm">
                <Text flex={1}>{people.wants(format.name(asking), nameOf(seat))}</Text>
                <Button
                  size="sm"
                  variant="default"
                  onClick={() => change.mutate({ seats: { decline: { seat, player_id } } })}
                >
                  {people.decline}
                </Button>
                <Button size="sm" onClick={() => change.mutate({ seats: { approve: { seat, player_id } } })}>
                  {people.approve}
                </Button>
              </Group>
            ))}
          </Stack>
        )}
        <Stack component="ul" m={0} p={0} gap="sm" aria-label={people.seats}>
          {session.seats.map((seat) =>
            person(
              seat.player_id,
              format.name(seat.name),
              seat.team,
              <>
                {!seat.is_bot && !nobodys.has(seat.player_id) && keeperItems(seat.player_id)}
                <Menu.Item onClick={() => setTeam({ seat: seat.seat, text: seat.team ?? "" })}>
                  {people.setTeam}
                </Menu.Item>
                <Menu.Item c="var(--danger)" onClick={() => askToRemove(seat.seat)}>
                  {people.remove}
                </Menu.Item>
              </>,
            ),
          )}
        </Stack>
        {leaving !== null && (
          <Alert role="group" color="red" title={people.removeTitle(nameOf(leaving.seat))}>
            <Text size="sm" mb="xs">
              {people.removeBody(leaving.values)}
            </Text>
            <Group justify="end">
              <Button size="sm" variant="default" autoFocus onClick={() => setLeaving(null)}>
                {app.cancel}
              </Button>
              <Button size="sm" color="red" loading={change.isPending} onClick={() => remove(leaving.seat)}>
                {people.removeConfirm}
              </Button>
            </Group>
          </Alert>
        )}
        {team !== null && (
          <form onSubmit={saveTeam}>
            <Group align="end" wrap="nowrap">
              <TextInput
                flex={1}
                label={`${people.team}: ${nameOf(team.seat)}`}
                maxLength={40}
                autoFocus
                value={team.text}
                onChange={(event) => setTeam({ ...team, text: event.currentTarget.value })}
              />
              <Button size="sm" type="submit" loading={change.isPending} aria-label={people.setTeam}>
                <Icon name="check" />
              </Button>
            </Group>
          </form>
        )}
        {manages && (
          <form onSubmit={add}>
            <Group wrap="nowrap">
              <TextInput
                flex={1}
                aria-label={people.add}
                placeholder={people.add}
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button size="sm" type="submit" variant="default" disabled={name.trim() === ""}>
                {people.addButton}
              </Button>
            </Group>
          </form>
        )}
        {watching.length > 0 && (
          <div>
            <Title order={2} size="h5" mb="xs">
              {people.watching}
            </Title>
            <Stack component="ul" m={0} p={0} gap="sm">
              {watching.map((each) =>
                person(each.player_id, each.name ?? people.somebody, null, keeperItems(each.player_id)),
              )}
            </Stack>
          </div>
        )}
      </Stack>
    </Drawer>
  );
}
