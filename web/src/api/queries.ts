// What pages read, each under one cache key.
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { readGame } from "@/api/games";
import { Problem } from "@/api/problem";
import type { HistoryFilters, RecordFigures, Session, Summary, Timeline } from "@/api/types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 3 && !(error instanceof Problem && !error.passing),
    },
    mutations: { networkMode: "always" },
  },
});

const limit = 100;
const PAGE = 30; // items that a list shows before one asks for more

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** A list that is read page by page as one asks for more. */
function listQuery<Item>(
  key: readonly unknown[],
  read: (part: { limit: number; cursor?: string }) => Promise<Page<Item>>,
) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam }) => read({ limit: PAGE, ...(pageParam !== "" && { cursor: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** My games, those played last first. */
export const gamesQuery = queryOptions({
  queryKey: ["games"],
  queryFn: async () =>
    (await answer(api.GET("/games", { params: { query: { limit, sort: "recent" } } }))).items,
});

export interface GameFilters {
  q: string;
  mine: boolean;
  archived: boolean;
  sort: "recent" | "name" | "newest";
}

export const gameListQuery = (filters: GameFilters) =>
  listQuery(["games", filters], (part) =>
    answer(api.GET("/games", { params: { query: { ...filters, ...part } } })),
  );

export const playersQuery = queryOptions({
  queryKey: ["players"],
  queryFn: async () =>
    (await answer(api.GET("/players", { params: { query: { limit, sort: "recent" } } }))).items,
});

export const peopleListQuery = (q: string, sort: GameFilters["sort"]) =>
  listQuery(["players", { q, sort }], (part) =>
    answer(api.GET("/players", { params: { query: { q, sort, ...part } } })),
  );

/** My sessions, newest first. */
export const historyQuery = queryOptions({
  queryKey: ["history"],
  queryFn: async (): Promise<Summary[]> =>
    (await answer(api.GET("/sessions/history", { params: { query: { limit } } }))).items,
  refetchOnMount: "always",
});

export const historyListQuery = (filters: HistoryFilters) =>
  listQuery(["history", filters], (part) =>
    answer(api.GET("/sessions/history", { params: { query: { ...filters, ...part } } })),
  );

export const feedQuery = listQuery(["feed"], (part) => answer(api.GET("/feed", { params: { query: part } })));

export const gameQuery = (id: string) =>
  queryOptions({
    queryKey: ["game", id],
    queryFn: () => readGame(id),
    staleTime: 300_000,
  });

export const achievementQuery = (game: string, id: string) =>
  queryOptions({
    queryKey: ["achievement", id],
    queryFn: () =>
      answer(
        api.GET("/games/{id}/achievements/{achievement_id}", {
          params: { path: { id: game, achievement_id: id } },
        }),
      ),
  });

export const statSetsQuery = (id: string) =>
  queryOptions({
    queryKey: ["stat-sets", id],
    queryFn: async () => (await answer(api.GET("/games/{id}/stat-sets", { params: { path: { id } } }))).items,
  });

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ["session", id],
    queryFn: async () => (await answer(api.GET("/sessions/{id}", { params: { path: { id } } }))) as Session,
  });

/** What has happened in a session before, of whose rest one hears; null where that is much. */
export const pastQuery = (id: string) =>
  queryOptions({
    queryKey: ["past", id],
    queryFn: async () => {
      const query = { after: -1, limit: 500 };
      const part = await answer(api.GET("/sessions/{id}/events", { params: { path: { id }, query } }));
      return part.more ? null : part.events;
    },
    staleTime: Infinity,
  });

export const scoreboardQuery = (id: string) =>
  queryOptions({
    queryKey: ["scoreboard", id],
    queryFn: () => answer(api.GET("/sessions/{id}/scoreboard", { params: { path: { id } } })),
  });

export const playerQuery = (id: string) =>
  queryOptions({
    queryKey: ["player", id],
    queryFn: () => answer(api.GET("/players/{id}", { params: { path: { id } } })),
  });

export const figuresQuery = (id: string, game_id: string | undefined) =>
  queryOptions({
    queryKey: ["figures", id, game_id],
    queryFn: () =>
      answer(
        api.GET("/players/{id}/stats", {
          params: { path: { id }, query: game_id === undefined ? {} : { game_id } },
        }),
      ),
  });

/** The records of a player by game, each with its sessions. */
export const recordsQuery = (id: string) =>
  queryOptions({
    queryKey: ["records", id],
    queryFn: async (): Promise<ReadonlyMap<string, RecordFigures[]>> => {
      const { games } = await answer(api.GET("/players/{id}/statistics", { params: { path: { id } } }));
      return new Map(games.map(({ game_id, records }) => [game_id, records]));
    },
  });

export const calendarQuery = (id: string, zone: string) =>
  queryOptions({
    queryKey: ["calendar", id, zone],
    queryFn: () => answer(api.GET("/players/{id}/calendar", { params: { path: { id }, query: { zone } } })),
  });

/** Whom a player follows. */
export const followingQuery = (id: string) =>
  listQuery(["following", id], (part) =>
    answer(api.GET("/players/{id}/following", { params: { path: { id }, query: part } })),
  );

export const followersQuery = (id: string) =>
  listQuery(["followers", id], (part) =>
    answer(api.GET("/players/{id}/followers", { params: { path: { id }, query: part } })),
  );

export const claimsQuery = queryOptions({
  queryKey: ["claims"],
  queryFn: async () => (await answer(api.GET("/players/me/claims", { params: { query: { limit } } }))).items,
});

export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: () => answer(api.GET("/players/me")),
});

export const signInsQuery = queryOptions({
  queryKey: ["sign-ins"],
  queryFn: async () =>
    (await answer(api.GET("/players/me/sign-ins", { params: { query: { limit } } }))).items,
});

/** Every step of a session, however many parts it takes to read them. */
export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ["timeline", id],
    queryFn: async (): Promise<Timeline> => {
      const read = (after: number): Promise<Timeline> =>
        answer(api.GET("/sessions/{id}/timeline", { params: { path: { id }, query: { after } } }));
      const whole = await read(-1);
      let part = whole;
      while (part.more) {
        part = await read(part.steps.at(-1)?.index ?? 0);
        whole.steps.push(...part.steps);
      }
      return whole;
    },
  });
