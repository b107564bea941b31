// A list that grows page by page, with what stands in its place while it loads, fails or is empty.
import { Button, Stack } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { Waiting } from "@/ui/waiting";

interface PagedProps<Item> {
  query: UseInfiniteQueryResult<InfiniteData<{ items: Item[] }>>;
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}

export function Paged<Item>({ query, empty, children }: PagedProps<Item>) {
  const { lists } = useMessages();
  if (query.data === undefined) {
    return query.isError ? (
      <Failure error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Waiting rows={5} />
    );
  }
  const items = query.data.pages.flatMap((page) => page.items);
  return (
    <Stack>
      {items.length === 0 ? empty : children(items)}
      {query.isFetchNextPageError && <Failure error={query.error} />}
      {query.hasNextPage && (
        <Button
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {lists.more}
        </Button>
      )}
    </Stack>
  );
}
