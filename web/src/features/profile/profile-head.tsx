// Who a player is: name, kind, followers, and what one can do.
import { Alert, Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { answer, api } from "@/api/client";
import { useMe } from "@/api/me";
import { followingQuery, queryClient } from "@/api/queries";
import type { Presented } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { PlayerDot } from "@/ui/player-dot";

export function ProfileHead({ player, mine }: { player: Presented; mine: boolean }) {
  const { profile, nav } = useMessages();
  const format = useFormat();
  return (
    <Stack gap="xs">
      <Group wrap="nowrap" align="center">
        <PlayerDot id={player.id} name={player.display_name} size={56} />
        <div>
          <Title order={1} size="h2">
            {player.display_name}
          </Title>
          <Group gap="xs">
            <Badge variant="default">{profile.kinds[player.kind]}</Badge>
            {player.username !== null && (
              <Text span size="sm" c="dimmed">
                @{player.username}
              </Text>
            )}
            <Text span size="sm" c="dimmed">
              {profile.since(format.date(player.created_at))}
            </Text>
          </Group>
        </div>
      </Group>
      <Group gap="sm">
        {player.kind === "account" && (
          <Text size="sm">
            {profile.followers(player.followers)} · {profile.following(player.following)}
          </Text>
        )}
        {mine ? (
          <Button component={Link} to="/settings" size="sm" variant="default">
            {nav.settings}
          </Button>
        ) : player.kind === "account" ? (
          <FollowButton player={player} />
        ) : (
          player.kind === "named" && <ClaimButton player={player} />
        )}
      </Group>
    </Stack>
  );
}

export function FollowButton({ player }: { player: Presented }) {
  const { profile } = useMessages();
  const me = useMe();
  const mine = followingQuery(me?.id ?? "");
  const following = useInfiniteQuery(mine);
  const { fetchNextPage, hasNextPage, isFetching, isError } = following;
  const found = following.data?.pages.some((page) => page.items.some(({ id }) => id === player.id));
  const unsure = found === false && hasNextPage;
  useEffect(() => {
    if (unsure && !isFetching && !isError) void fetchNextPage();
  }, [unsure, isFetching, isError, fetchNextPage]);
  const follows = unsure ? undefined : found;
  const params = { path: { id: player.id } };
  const changing = useMutation({
    mutationFn: () =>
      answer(
        follows === true
          ? api.DELETE("/players/{id}/follow", { params })
          : api.PUT("/players/{id}/follow", { params }),
      ),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: mine.queryKey }),
        queryClient.invalidateQueries({ queryKey: ["player", player.id] }),
        queryClient.invalidateQueries({ queryKey: ["feed"] }),
      ]),
  });
  return (
    <>
      <Button
        size="sm"
        variant={follows === true ? "default" : "filled"}
        aria-pressed={follows === true}
        disabled={follows === undefined}
        loading={changing.isPending}
        onClick={() => changing.mutate()}
      >
        {follows === true ? profile.unfollow : profile.follow}
      </Button>
      {changing.isError && <Failure error={changing.error} dismiss={() => changing.reset()} />}
    </>
  );
}

/** "That is me", said to whoever has the name in a library. */
function ClaimButton({ player }: { player: Presented }) {
  const { profile } = useMessages();
  const asking = useMutation({
    mutationFn: () => answer(api.POST("/players/me/claim", { body: { player_id: player.id } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["claims"] }),
  });
  if (asking.isSuccess) return <Alert role="status">{profile.asked}</Alert>;
  return (
    <>
      <Button size="sm" variant="default" loading={asking.isPending} onClick={() => asking.mutate()}>
        {profile.isMe}
      </Button>
      {asking.isError && <Failure error={asking.error} dismiss={() => asking.reset()} />}
    </>
  );
}
