// The feed: what the people one follows have played, and oneself.
import { Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { feedQuery } from "@/api/queries";
import { useMessages } from "@/i18n/language";
import { Empty } from "@/ui/empty";
import { Paged } from "@/ui/paged";
import { SessionList } from "@/ui/session-list";
import { usePageTitle } from "@/ui/title";

export default function FeedPage() {
  const { feed } = useMessages();
  usePageTitle(feed.title);
  return (
    <Stack>
      <div>
        <Title order={1} size="h2">
          {feed.title}
        </Title>
        <Text c="dimmed">{feed.hint}</Text>
      </div>
      <Paged query={useInfiniteQuery(feedQuery)} empty={<Empty what={feed.none} how={feed.noneHow} />}>
        {(sessions) => <SessionList sessions={sessions} />}
      </Paged>
    </Stack>
  );
}
