// The library of games: found by name, sorted, put into the archive and taken out of it.
import {
  ActionIcon,
  Button,
  Group,
  NativeSelect,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMe } from "@/api/me";
import { gameListQuery } from "@/api/queries";
import type { Game } from "@/api/types";
import { GameMenu } from "@/features/library/game-menu";
import { useMessages } from "@/i18n/language";
import { useChoice, useSearch } from "@/ui/address";
import { Empty } from "@/ui/empty";
import { GameCover } from "@/ui/game-cover";
import { Icon } from "@/ui/icons";
import classes from "@/ui/list.module.css";
import { Paged } from "@/ui/paged";
import { usePageTitle } from "@/ui/title";

const SHELVES = ["mine", "everyones", "archived"] as const;
const SORTS = ["recent", "name", "newest"] as const;

export default function GamesPage() {
  const { library, lists, home } = useMessages();
  const { q, typed, type } = useSearch();
  const [sort, setSort] = useChoice("sort", SORTS);
  const [shelf, setShelf] = useChoice("show", SHELVES);
  usePageTitle(library.games);

  const empty =
    q !== "" ? (
      <Empty what={library.noMatch} how={library.noMatchHow} />
    ) : shelf === "archived" ? (
      <Empty what={library.noArchived} how={library.noArchivedHow} />
    ) : (
      <Empty what={library.noGames} how={library.noGamesHow}>
        <Button component={Link} to="/new-game">
          {home.newGame}
        </Button>
      </Empty>
    );
  const query = useInfiniteQuery(
    gameListQuery({ q, sort, mine: shelf !== "everyones", archived: shelf === "archived" }),
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {library.games}
        </Title>
        <Button component={Link} to="/new-game" size="sm" variant="light">
          {home.newGame}
        </Button>
      </Group>
      <SegmentedControl
        aria-label={library.show}
        data={SHELVES.map((value) => ({ value, label: library[value] }))}
        value={shelf}
        onChange={setShelf}
      />
      <Group wrap="nowrap" gap="xs">
        <TextInput
          type="search"
          flex={1}
          size="md"
          aria-label={library.searchGames}
          placeholder={lists.search}
          maxLength={100}
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
        />
        <NativeSelect
          size="md"
          aria-label={library.sort}
          data={SORTS.map((value) => ({ value, label: library[value] }))}
          value={sort}
          onChange={(event) => setSort(event.currentTarget.value as (typeof SORTS)[number])}
        />
      </Group>
      <Paged query={query} empty={empty}>
        {(games) => (
          <ul className={`sheet ${classes.list}`}>
            {games.map((game) => (
              <GameLine key={game.id} game={game} />
            ))}
          </ul>
        )}
      </Paged>
    </Stack>
  );
}

function GameLine({ game }: { game: Game }) {
  const { home, library } = useMessages();
  const mine = useMe()?.id === game.owner_id;
  const players = library.players(game.min_players, game.max_players);
  return (
    <li className={classes.line}>
      <GameCover game={game} />
      <div className={classes.grow}>
        <Text fw={600}>{game.name}</Text>
        <Text size="sm" c="dimmed">
          {[home.wins[game.win], players].filter((text) => text !== "").join(" · ")}
        </Text>
        {game.description !== "" && (
          <Text size="sm" lineClamp={2}>
            {game.description}
          </Text>
        )}
      </div>
      {!game.archived && (
        <ActionIcon
          component={Link}
          to={`/start/${game.id}`}
          size="xl"
          variant="light"
          aria-label={home.start(game.name)}
        >
          <Icon name="play" />
        </ActionIcon>
      )}
      <GameMenu game={game} mine={mine} />
    </li>
  );
}
