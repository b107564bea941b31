// Home: play something, join a table, go back to one's sessions.
import { Button, Group, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMe } from "@/api/me";
import { gamesQuery, historyQuery } from "@/api/queries";
import { JoinForm } from "@/features/home/join-form";
import { useMessages } from "@/i18n/language";
import { Empty } from "@/ui/empty";
import { Failure } from "@/ui/failure";
import { GameCover } from "@/ui/game-cover";
import { SessionList } from "@/ui/session-list";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";
import classes from "@/features/home/home.module.css";

const SHOWN_GAMES = 6;
const SHOWN_SESSIONS = 8;

export default function HomePage() {
  const { home, nav } = useMessages();
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
          <Group gap="xs">
            <Button component={Link} to="/games" size="sm" variant="subtle">
              {nav.games}
            </Button>
            <Button component={Link} to="/new-game" size="sm" variant="light">
              {home.newGame}
            </Button>
          </Group>
        </Group>
        {games.isLoadingError ? (
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
            {games.data.slice(0, SHOWN_GAMES).map((game) => (
              <UnstyledButton
                key={game.id}
                component={Link}
                to={`/start/${game.id}`}
                className={`sheet ${classes.tile}`}
              >
                <GameCover game={game} />
                <div>
                  <Text fw={600}>{game.name}</Text>
                  <Text size="sm" c="dimmed">
                    {home.wins[game.win]}
                  </Text>
                </div>
              </UnstyledButton>
            ))}
          </div>
        )}
      </section>

      <section aria-labelledby="sessions">
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h3" id="sessions">
            {home.sessions}
          </Title>
          <Button component={Link} to="/history" size="sm" variant="subtle">
            {nav.history}
          </Button>
        </Group>
        {history.isLoadingError ? (
          <Failure error={history.error} retry={() => void history.refetch()} />
        ) : history.data === undefined ? (
          <Waiting rows={3} />
        ) : history.data.length === 0 ? (
          <Empty what={home.noSessions} how={home.noSessionsHow} />
        ) : (
          <SessionList sessions={history.data.slice(0, SHOWN_SESSIONS)} />
        )}
      </section>
    </Stack>
  );
}
