// The library of players: whom one plays with, who claims to be whom, whom one follows.
import { Button, Group, NativeSelect, Stack, Tabs, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState, type ReactNode, type SubmitEvent } from "react";
import { Link } from "react-router";
import { answer, api } from "@/api/client";
import { useMe } from "@/api/me";
import { followersQuery, followingQuery, peopleListQuery, queryClient } from "@/api/queries";
import type { Player } from "@/api/types";
import { Claims } from "@/features/library/claims";
import { InviteButton } from "@/features/library/invite-button";
import { useMessages } from "@/i18n/language";
import { useChoice, useSearch } from "@/ui/address";
import { Empty } from "@/ui/empty";
import { Failure } from "@/ui/failure";
import classes from "@/ui/list.module.css";
import { Paged } from "@/ui/paged";
import { PlayerDot } from "@/ui/player-dot";
import { usePageTitle } from "@/ui/title";

const TABS = ["library", "claims", "following", "followers"] as const;
const SORTS = ["recent", "name", "newest"] as const;

export default function PeoplePage() {
  const { feed, library } = useMessages();
  const me = useMe();
  const [tab, setTab] = useChoice("tab", TABS);
  usePageTitle(library.people);
  return (
    <Stack>
      <Title order={1} size="h2">
        {library.people}
      </Title>
      <Tabs value={tab} onChange={(next) => setTab(next as typeof tab)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="library" px={8}>
            {library.people}
          </Tabs.Tab>
          <Tabs.Tab value="claims" px={8}>
            {library.claims}
          </Tabs.Tab>
          <Tabs.Tab value="following" px={8}>
            {library.following}
          </Tabs.Tab>
          <Tabs.Tab value="followers" px={8}>
            {library.followers}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="library">
          <Named />
        </Tabs.Panel>
        <Tabs.Panel value="claims">
          <Claims />
        </Tabs.Panel>
        {me && (
          <>
            <Tabs.Panel value="following">
              <Followed query={followingQuery(me.id)} empty={<Empty what={feed.none} how={feed.noneHow} />} />
            </Tabs.Panel>
            <Tabs.Panel value="followers">
              <Followed
                query={followersQuery(me.id)}
                empty={<Empty what={library.noFollowers} how={library.noFollowersHow} />}
              />
            </Tabs.Panel>
          </>
        )}
      </Tabs>
    </Stack>
  );
}

function Named() {
  const { library, lists } = useMessages();
  const { q, typed, type } = useSearch();
  const [sort, setSort] = useChoice("sort", SORTS);
  const query = useInfiniteQuery(peopleListQuery(q, sort));
  return (
    <Stack>
      <AddForm />
      <Group wrap="nowrap" gap="xs">
        <TextInput
          type="search"
          flex={1}
          size="md"
          aria-label={library.searchPeople}
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
      <Paged
        query={query}
        empty={
          q === "" ? (
            <Empty what={library.noPeople} how={library.noPeopleHow} />
          ) : (
            <Empty what={library.noPerson} how={library.noPersonHow} />
          )
        }
      >
        {(players) => <Players players={players} invite />}
      </Paged>
    </Stack>
  );
}

function AddForm() {
  const { library } = useMessages();
  const [name, setName] = useState("");
  const adding = useMutation({
    mutationFn: () => answer(api.POST("/players", { body: { name: name.trim() } })),
    onSuccess: () => {
      setName("");
      return queryClient.invalidateQueries({ queryKey: ["players"] });
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    adding.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <Group wrap="nowrap" gap="xs">
          <TextInput
            flex={1}
            size="md"
            aria-label={library.addPerson}
            placeholder={library.addPerson}
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="light" loading={adding.isPending} disabled={name.trim() === ""}>
            {library.add}
          </Button>
        </Group>
        {adding.isError && <Failure error={adding.error} dismiss={() => adding.reset()} />}
      </Stack>
    </form>
  );
}

function Followed({ query, empty }: { query: ReturnType<typeof followingQuery>; empty: ReactNode }) {
  return (
    <Paged query={useInfiniteQuery(query)} empty={empty}>
      {(players) => <Players players={players} />}
    </Paged>
  );
}

function Players({ players, invite = false }: { players: readonly Player[]; invite?: boolean }) {
  return (
    <ul className={`sheet ${classes.list}`}>
      {players.map((player) => (
        <li key={player.id} className={classes.line}>
          <PlayerDot id={player.id} name={player.display_name} />
          <Text component={Link} to={`/players/${player.id}`} c="inherit" fw={600} className={classes.grow}>
            {player.display_name}
          </Text>
          {invite && <InviteButton player={player} />}
        </li>
      ))}
    </ul>
  );
}
