// What pages read, each under one cache key.
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Session, Summary } from "@/api/types";

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

export const gamesQuery = queryOptions({
  queryKey: ["games"],
  queryFn: async () => (await answer(api.GET("/games", { params: { query: { limit } } }))).items,
});

export const playersQuery = queryOptions({
  queryKey: ["players"],
  queryFn: async () => (await answer(api.GET("/players", { params: { query: { limit } } }))).items,
});

/** My sessions, newest first. */
export const historyQuery = queryOptions({
  queryKey: ["history"],
  queryFn: async (): Promise<Summary[]> =>
    (await answer(api.GET("/sessions/history", { params: { query: { limit } } }))).items,
  refetchOnMount: "always",
});

export const gameQuery = (id: string) =>
  queryOptions({
    queryKey: ["game", id],
    queryFn: () => answer(api.GET("/games/{id}", { params: { path: { id } } })),
    staleTime: 300_000,
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

export const scoreboardQuery = (id: string) =>
  queryOptions({
    queryKey: ["scoreboard", id],
    queryFn: () => answer(api.GET("/sessions/{id}/scoreboard", { params: { path: { id } } })),
  });
