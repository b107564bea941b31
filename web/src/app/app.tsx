// Puts the app together: providers, routes, and who may see them.
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { Fragment, Suspense, useEffect, type ReactNode } from "react";
import { BrowserRouter, Navigate, Route, Routes, useLocation } from "react-router";
import { useMe } from "@/api/me";
import { queryClient } from "@/api/queries";
import { CrashBoundary } from "@/app/crash-boundary";
import { NotFound } from "@/app/not-found";
import {
  EntryPage,
  FeedPage,
  GamesPage,
  HistoryPage,
  HomePage,
  NewGamePage,
  PeoplePage,
  ProfilePage,
  SessionPage,
  SettingsPage,
  StartPage,
  TablePage,
  usePrefetch,
} from "@/app/pages";
import { Shell } from "@/app/shell";
import { LanguageProvider } from "@/i18n/language";
import { tablesLeft } from "@/live/shelf";
import { Waiting } from "@/ui/waiting";
import { theme } from "@/ui/theme";

/** What needs a token: without one, entering comes first, and the page right after it. */
function Entered({ children }: { children: ReactNode }) {
  const me = useMe();
  const { pathname } = useLocation();
  const id = me?.id;
  usePrefetch();
  useEffect(() => () => queryClient.clear(), [id]); // what one person saw is not shown to the next
  useEffect(() => {
    if (id === undefined || tablesLeft(id).length === 0) return;
    import("@/live/use-room").then(
      ({ sendLeft }) => sendLeft(id),
      (error: unknown) => console.warn("what is left is sent when its table is opened", error),
    );
  }, [id]);
  if (me === null) return <EntryPage tableKey={/^\/r\/(\w+)$/.exec(pathname)?.[1]?.toUpperCase()} />;
  return <Fragment key={id}>{children}</Fragment>;
}

export function App() {
  return (
    // The variables and classes that Mantine would write into style elements are in its CSS files.
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <LanguageProvider>
        <QueryClientProvider client={queryClient}>
          <BrowserRouter>
            <Shell>
              <CrashBoundary>
                <Suspense fallback={<Waiting />}>
                  <Entered>
                    <Routes>
                      <Route path="/" element={<HomePage />} />
                      <Route path="/enter" element={<EntryAgain />} />
                      <Route path="/new-game" element={<NewGamePage />} />
                      <Route path="/start/:gameId" element={<StartPage />} />
                      <Route path="/r/:key" element={<TablePage />} />
                      <Route path="/s/:sessionId" element={<SessionPage />} />
                      <Route path="/history" element={<HistoryPage />} />
                      <Route path="/games" element={<GamesPage />} />
                      <Route path="/people" element={<PeoplePage />} />
                      <Route path="/players/:playerId" element={<ProfilePage />} />
                      <Route path="/feed" element={<FeedPage />} />
                      <Route path="/settings" element={<SettingsPage />} />
                      <Route path="*" element={<NotFound />} />
                    </Routes>
                  </Entered>
                </Suspense>
              </CrashBoundary>
            </Shell>
          </BrowserRouter>
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  );
}

/** A guest may come back here to sign in or to register; an account has nothing to do here. */
function EntryAgain() {
  return useMe()?.kind === "guest" ? <EntryPage tableKey={undefined} /> : <Navigate to="/" replace />;
}
