// Home: play something, join a table, go back to one's sessions.
import { Badge, Button, Group, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMe } from "@/api/me";
import { gameQuery, gamesQuery, historyQuery } from "@/api/queries";
import type { Game, Summary } from "@/api/types";
import { JoinForm } from "@/features/home/join-form";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Empty } from "@/ui/empty";
import { Failure } from "@/ui/failure";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";
import classes from "@/features/home/home.module.css";

/** Those played last come first. */
function recentFirst(games: readonly Game[], sessions: readonly Summary[]): Game[] {
  const played = sessions.map((session) => session.game_id);
  const age = (game: Game): number => (played.includes(game.id) ? played.indexOf(game.id) : played.length);
  return games.filter((game) => !game.archived).sort((a, b) => age(a) - age(b));
}

export default function HomePage() {
  const { home } = useMessages();
  const me = useMe();
  const games = useQuery(gamesQuery);
  const history = useQuery(historyQuery);
  usePageTitle("");
  return (
    <Stack gap="xl">
      <Group justify="space-between" align="center">
        <Title order={1} size="h2">
          {home.hello(me?.display_name ?? "")}
        </Title>
        <JoinForm />
      </Group>

      <section aria-labelledby="games">
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h3" id="games">
            {home.play}
          </Title>
          <Button component={Link} to="/new-game" size="sm" variant="light">
            {home.newGame}
          </Button>
        </Group>
        {games.isError ? (
          <Failure error={games.error} retry={() => void games.refetch()} />
        ) : games.data === undefined ? (
          <Waiting rows={2} />
        ) : games.data.length === 0 ? (
          <Empty what={home.noGames} how={home.noGamesHow}>
            <Button component={Link} to="/new-game">
              {home.newGame}
            </Button>
          </Empty>
        ) : (
          <div className={classes.tiles}>
            {recentFirst(games.data, history.data ?? []).map((game) => (
              <UnstyledButton
                key={game.id}
                component={Link}
                to={`/start/${game.id}`}
                className={`sheet ${classes.tile}`}
                aria-label={home.start(game.name)}
              >
                <Text fw={600}>{game.name}</Text>
                <Text size="sm" c="dimmed">
                  {home.wins[game.win]}
                </Text>
              </UnstyledButton>
            ))}
          </div>
        )}
      </section>

      <section aria-labelledby="sessions">
        <Title order={2} size="h3" id="sessions" mb="sm">
          {home.sessions}
        </Title>
        {history.isError ? (
          <Failure error={history.error} retry={() => void history.refetch()} />
        ) : history.data === undefined ? (
          <Waiting rows={3} />
        ) : history.data.length === 0 ? (
          <Empty what={home.noSessions} how={home.noSessionsHow} />
        ) : (
          <ul className={`sheet ${classes.sessions}`}>
            {history.data.map((session) => (
              <SessionLine key={session.id} session={session} />
            ))}
          </ul>
        )}
      </section>
    </Stack>
  );
}

function SessionLine({ session }: { session: Summary }) {
  const { home } = useMessages();
  const format = useFormat();
  const game = useQuery(gameQuery(session.game_id));
  const over = session.status === "finished" || session.status === "abandoned";
  return (
    <li>
      <Link to={over ? `/s/${session.id}` : `/r/${session.key}`} className={classes.session}>
        <div className={classes.grow}>
          <Text fw={600}>{game.data?.name ?? home.game}</Text>
          <Text size="sm" c="dimmed">
            {session.seats.map((seat, place) => (
              <span key={seat.seat} className={seat.winner === true ? classes.winner : undefined}>
                {place > 0 && ", "}
                {format.name(seat.name)}
                {seat.winner === true && " ★"}
              </span>
            ))}
          </Text>
        </div>
        <Stack gap={2} align="end">
          <Badge variant={over ? "default" : "filled"}>{home.status[session.status]}</Badge>
          <Text size="xs" c="dimmed">
            {format.day(session.started_at ?? session.created_at)}
          </Text>
        </Stack>
      </Link>
    </li>
  );
}
