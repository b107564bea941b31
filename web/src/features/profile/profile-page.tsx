// A player: who it is, and every figure with the sessions behind it.
import { NativeSelect, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "react-router";
import { useMe } from "@/api/me";
import { figuresQuery, playerQuery, recordsQuery } from "@/api/queries";
import type { Figures } from "@/api/types";
import { CalendarView } from "@/features/profile/calendar-view";
import { CourseTiles, ScoreTiles } from "@/features/profile/figure-tiles";
import { HeadToHead } from "@/features/profile/head-to-head";
import { PerCount } from "@/features/profile/per-count";
import { PerGame } from "@/features/profile/per-game";
import { ProfileHead } from "@/features/profile/profile-head";
import { Section } from "@/features/profile/section";
import { useGameNames } from "@/features/profile/game-names";
import { useMessages } from "@/i18n/language";
import { useChoice } from "@/ui/address";
import { Empty } from "@/ui/empty";
import { Failure } from "@/ui/failure";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";

export default function ProfilePage() {
  const { profile } = useMessages();
  const me = useMe();
  const { playerId = "" } = useParams();
  const mine = playerId === "me" || playerId === me?.id;
  const id = mine ? (me?.id ?? "") : playerId;
  const player = useQuery(playerQuery(id));
  const figures = useQuery(figuresQuery(id, undefined));
  usePageTitle(profile.title(player.data?.display_name ?? "…"));
  const failed = [player, figures].filter((query) => query.isLoadingError);
  if (failed[0]) {
    return <Failure error={failed[0].error} retry={() => failed.forEach((query) => void query.refetch())} />;
  }
  if (!player.data || !figures.data) return <Waiting />;
  if (player.data.claimed_by != null) return <Navigate to={`/players/${player.data.claimed_by}`} replace />;
  return (
    <Stack gap="lg" key={id}>
      <ProfileHead player={player.data} mine={mine} />
      {figures.data.games.length === 0 ? (
        <Empty what={profile.noGames} how={mine ? profile.noGamesHow : profile.noGamesOthers} />
      ) : (
        <FiguresView id={id} all={figures.data} />
      )}
    </Stack>
  );
}

/** The figures over all games, or in the one that is chosen. */
function FiguresView({ id, all }: { id: string; all: Figures }) {
  const { profile } = useMessages();
  const [gameId, setGameId] = useChoice("game", ["", ...all.games.map((game) => game.game_id)]);
  const ofGame = useQuery({ ...figuresQuery(id, gameId), enabled: gameId !== "" });
  const records = useQuery(recordsQuery(id)).data;
  const ofChosen = records?.get(gameId) ?? [];
  const names = useGameNames(all.games.map((game) => game.game_id));
  const shown = gameId === "" ? all : ofGame.data;
  const game = gameId === "" ? undefined : shown?.games[0];
  return (
    <>
      <NativeSelect
        aria-label={profile.game}
        size="md"
        value={gameId}
        data={[
          { value: "", label: profile.allGames },
          ...all.games.map(({ game_id }) => ({ value: game_id, label: names(game_id) })),
        ]}
        onChange={(event) => setGameId(event.currentTarget.value)}
      />
      {ofGame.isLoadingError && <Failure error={ofGame.error} retry={() => void ofGame.refetch()} />}
      {shown === undefined ? (
        !ofGame.isLoadingError && <Waiting />
      ) : (
        <>
          {shown.totals.played > 0 && (
            <Section title={profile.competitive}>
              <CourseTiles course={shown.totals} records={ofChosen} hIndex={shown.totals.h_index} withTies />
              {game && <ScoreTiles scored={game} records={ofChosen} />}
            </Section>
          )}
          {shown.totals.cooperative.played > 0 && (
            <Section title={profile.cooperative}>
              <CourseTiles course={shown.totals.cooperative} />
              {game && <ScoreTiles scored={game.cooperative} records={ofChosen} />}
            </Section>
          )}
          {shown.totals.solo.played > 0 && (
            <Section title={profile.solo}>
              <CourseTiles course={shown.totals.solo} />
              {game && <ScoreTiles scored={game.solo} records={ofChosen} />}
            </Section>
          )}
          {gameId === "" && (
            <Section title={profile.calendar}>
              <CalendarView id={id} />
            </Section>
          )}
          {gameId === "" && (
            <Section title={profile.perGame}>
              <PerGame games={all.games} names={names} records={records} />
            </Section>
          )}
          <Section title={profile.perCount}>
            <PerCount counts={shown.player_counts} />
          </Section>
          {shown.head_to_head.length > 0 && (
            <Section title={profile.headToHead}>
              <HeadToHead opponents={shown.head_to_head} />
            </Section>
          )}
        </>
      )}
    </>
  );
}
