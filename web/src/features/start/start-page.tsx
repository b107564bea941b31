// From a game to a running session: the same people as last time are seated already.
import { Button, Group, NativeSelect, Stack, Text, TextInput, Title, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useNavigate, useParams } from "react-router";
import { answer, api } from "@/api/client";
import { useCommandId } from "@/api/command-id";
import { useMe } from "@/api/me";
import { gameQuery, historyQuery, playersQuery, queryClient, statSetsQuery } from "@/api/queries";
import type { Game, NewSession, NewStat, StatSet } from "@/api/types";
import { knownPeople, lastTable, seatOf, type Person } from "@/features/start/people";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { PlayerDot } from "@/ui/player-dot";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";
import classes from "@/features/start/start.module.css";

export default function StartPage() {
  const { gameId = "" } = useParams();
  const game = useQuery(gameQuery(gameId));
  const sets = useQuery(statSetsQuery(gameId));
  const players = useQuery(playersQuery);
  const history = useQuery(historyQuery);
  const me = useMe();
  const failed = [game, sets, players, history].filter((query) => query.isLoadingError);
  if (failed[0]) {
    return <Failure error={failed[0].error} retry={() => failed.forEach((query) => void query.refetch())} />;
  }
  if (!game.data || !sets.data || !players.data || !history.data || !me) return <Waiting />;
  const people = knownPeople(me, players.data, history.data);
  return (
    <StartForm
      game={game.data}
      sets={sets.data}
      people={people}
      seated={lastTable(gameId, people, history.data)}
    />
  );
}

/** What is counted in a game that has no stat set. */
const pointsNamed = (name: string): NewStat => ({
  name,
  data_type: "integer",
  scoring: true,
});

interface StartFormProps {
  game: Game;
  sets: readonly StatSet[];
  people: readonly Person[];
  seated: readonly Person[];
}

function StartForm({ game, sets, people: known, seated }: StartFormProps) {
  const { start, games } = useMessages();
  const me = useMe();
  const navigate = useNavigate();
  const commandId = useCommandId();
  const [setId, setSetId] = useState(sets[0]?.id);
  const [added, setAdded] = useState<Person[]>([]);
  const [chosen, setChosen] = useState<readonly Person[]>(seated);
  const [name, setName] = useState("");
  usePageTitle(start.title(game.name));

  const people = [...known, ...added];
  const named = people.find((person) => person.name.toLowerCase() === name.trim().toLowerCase());
  const toggle = (person: Person): void =>
    setChosen(chosen.includes(person) ? chosen.filter((each) => each !== person) : [...chosen, person]);
  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    const person = named ?? { name: name.trim() };
    if (person.name === "" || chosen.includes(person)) return;
    if (named === undefined) setAdded([...added, person]);
    setChosen([...chosen, person]);
    setName("");
  };

  const starting = useMutation({
    mutationFn: () => {
      const body: NewSession = { game_id: game.id, seats: chosen.map(seatOf) };
      if (setId === undefined) body.stats = [pointsNamed(games.firstStat)];
      else body.stat_set_id = setId;
      return answer(
        api.POST("/sessions", { body, params: { header: { "Idempotency-Key": commandId(body) } } }),
      );
    },
    onSuccess: async (session) => {
      void queryClient.invalidateQueries(historyQuery);
      void queryClient.invalidateQueries(playersQuery);
      await navigate(`/r/${session.key}`, { replace: true });
    },
  });

  const { min_players: fewest, max_players: most } = game;
  const obstacle =
    chosen.length === 0
      ? start.needsPlayers
      : fewest != null && chosen.length < fewest
        ? start.fewest(fewest)
        : most != null && chosen.length > most
          ? start.most(most)
          : null;

  return (
    <Stack maw={640} mx="auto">
      <Title order={1} size="h2">
        {start.title(game.name)}
      </Title>
      {sets.length > 1 && (
        <NativeSelect
          label={start.statSet}
          data={sets.map((set) => ({ value: set.id, label: set.name }))}
          value={setId}
          onChange={(event) => setSetId(event.currentTarget.value)}
        />
      )}
      <div>
        <Title order={2} size="h3">
          {start.players}
        </Title>
        <Text c="dimmed" size="sm">
          {start.playersHint}
        </Text>
      </div>
      <div className={classes.people}>
        {people.map((person) => {
          const place = chosen.indexOf(person);
          return (
            <UnstyledButton
              key={person.id ?? person.name}
              className={`sheet ${classes.person}`}
              aria-pressed={place >= 0}
              onClick={() => toggle(person)}
            >
              {place >= 0 ? (
                <span className={classes.place}>{place + 1}</span>
              ) : (
                <PlayerDot id={person.id ?? person.name} name={person.name} />
              )}
              <span>{person.id === me?.id ? start.me(person.name) : person.name}</span>
            </UnstyledButton>
          );
        })}
      </div>
      <form onSubmit={add}>
        <Group align="start" wrap="nowrap">
          <TextInput
            size="md"
            flex={1}
            aria-label={start.add}
            placeholder={start.add}
            autoComplete="off"
            maxLength={100}
            value={name}
            error={named !== undefined && chosen.includes(named) && start.already}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={name.trim() === ""}>
            {start.addButton}
          </Button>
        </Group>
      </form>
      {starting.isError && <Failure error={starting.error} />}
      <div className={classes.go}>
        <Button
          size="lg"
          fullWidth
          disabled={obstacle !== null}
          loading={starting.isPending}
          onClick={() => starting.mutate()}
        >
          {obstacle ?? start.begin(chosen.length)}
        </Button>
      </div>
    </Stack>
  );
}
