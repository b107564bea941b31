// The pages, each loaded when it is first opened, or before that when there is nothing else to do.
import { createElement, lazy, useEffect, type ComponentType } from "react";
import { Unreachable } from "@/api/problem";

type Load = () => Promise<unknown>;

const pages: Load[] = [];
const parts: Load[] = [
  () => import("@/features/table/running-chart"),
  () => import("@/features/profile/outcome-chart"),
  () => import("@/features/profile/year-map"),
];
const failed = new Set<() => void>();

/** A page that throws `Unreachable` while it cannot be loaded. */
export function page<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): ComponentType<Props> {
  let current = fresh();
  pages.push(load);
  return (props) => createElement(current, props);

  function fresh(): ComponentType<Props> {
    return lazy(() =>
      load().catch((error: unknown) => {
        failed.add(() => (current = fresh()));
        throw new Unreachable(error);
      }),
    );
  }
}

/** React keeps what came of a load; what failed is tried again when its page is next opened. */
export function forgetFailures(): void {
  for (const renew of failed) renew();
  failed.clear();
}

/** Loads every page once the first is there, so that they open without the network too. */
export function usePrefetch(): void {
  useEffect(() => void oneByOne([...pages, ...parts]), []);
}

/** On a slow network all of them together would keep what somebody does from the server. */
export async function oneByOne(loads: readonly Load[]): Promise<void> {
  for (const load of loads) {
    await idle();
    await load().catch((error: unknown) => console.warn("loaded when opened", error));
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve());
    else setTimeout(resolve, 200); // Safari
  });
}

export const EntryPage = page(() => import("@/features/entry/entry-page"));
export const HomePage = page(() => import("@/features/home/home-page"));
export const TablePage = page(() => import("@/features/table/table-page"));
export const NewGamePage = page(() => import("@/features/games/new-game-page"));
export const StartPage = page(() => import("@/features/start/start-page"));
export const FeedPage = page(() => import("@/features/feed/feed-page"));
export const GamesPage = page(() => import("@/features/library/games-page"));
export const HistoryPage = page(() => import("@/features/history/history-page"));
export const PeoplePage = page(() => import("@/features/library/people-page"));
export const ProfilePage = page(() => import("@/features/profile/profile-page"));
export const SettingsPage = page(() => import("@/features/settings/settings-page"));
export const SessionPage = page(() => import("@/features/table/session-page"));
