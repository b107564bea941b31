// The history: every session one may see, found by words and filters that stand in the address.
import { Button, Collapse, Group, Stack, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { historyListQuery } from "@/api/queries";
import { FilterForm } from "@/features/history/filter-form";
import { FilterPills } from "@/features/history/filter-pills";
import { asked, filtersOf, type Filters } from "@/features/history/filters";
import { useMessages } from "@/i18n/language";
import { useSearch } from "@/ui/address";
import { Empty } from "@/ui/empty";
import { Paged } from "@/ui/paged";
import { SessionList } from "@/ui/session-list";
import { usePageTitle } from "@/ui/title";

export default function HistoryPage() {
  const { history, lists } = useMessages();
  const [address, setAddress] = useSearchParams();
  const filters = filtersOf(address);
  const [open, { toggle }] = useDisclosure();
  usePageTitle(history.title);

  const change = (changes: Filters): void => {
    const next = { ...filters, ...changes };
    setAddress(new URLSearchParams(Object.entries(next).filter(([, value]) => value !== "")), {
      replace: true,
    });
  };
  const search = useSearch();

  const filtered = Object.keys(filters).length > 0;
  const query = useInfiniteQuery(historyListQuery(asked(filters)));
  return (
    <Stack>
      <Title order={1} size="h2">
        {history.title}
      </Title>
      <Group align="end" wrap="nowrap" gap="xs">
        <TextInput
          type="search"
          flex={1}
          size="md"
          aria-label={lists.search}
          placeholder={history.hint}
          maxLength={100}
          value={search.typed}
          onChange={(event) => search.type(event.currentTarget.value)}
        />
        <Button variant="default" aria-expanded={open} aria-controls="filters" onClick={toggle}>
          {history.filters}
        </Button>
      </Group>
      <Collapse expanded={open} id="filters">
        <FilterForm filters={filters} onChange={change} />
      </Collapse>
      <FilterPills
        filters={filters}
        onRemove={(name) => {
          if (name === "q") search.show("");
          change({ [name]: "" });
        }}
        onClear={() => {
          search.show("");
          setAddress({}, { replace: true });
        }}
      />
      <Paged
        query={query}
        empty={
          filtered ? (
            <Empty what={history.noMatch} how={history.noMatchHow} />
          ) : (
            <Empty what={history.none} how={history.noneHow} />
          )
        }
      >
        {(sessions) => <SessionList sessions={sessions} />}
      </Paged>
    </Stack>
  );
}
