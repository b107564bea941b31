import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { Preview, Session } from "@/api/types";
import { ChangeList } from "@/features/table/correct/change-list";

afterEach(cleanup);

type Standing = [place: number, winner: boolean, score: number | null];

function lines(win: Session["win"], changes: [Standing, Standing | null][], more: Partial<Preview> = {}) {
  const standing = ([place, winner, score]: Standing) => ({ place, winner, score });
  const players = changes.map((_, seat) => ({ player_id: `p${seat}`, name: ["Ana", "Ben"][seat] }));
  const session = { win, stats: [], seats: [], result: { seats: players } } as unknown as Session;
  const client = new QueryClient();
  client.setQueryData(["player", "p1"], { id: "p1", claimed_by: "person", display_name: "Benjamin" });
  const preview: Preview = {
    index: 9,
    standings: changes.map(([before, after], seat) => ({
      seat,
      player_id: `p${seat}`,
      before: standing(before),
      after: after && standing(after),
    })),
    statistics: [],
    ratings: [],
    other_ratings: 0,
    boards: [],
    achievements: [],
    ...more,
  };
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <ChangeList session={session} preview={preview} />
      </MantineProvider>
    </QueryClientProvider>,
  );
  return screen.queryAllByRole("listitem").map(({ textContent }) => textContent);
}

test("who wins together has a score as well", () => {
  expect(lines("cooperative", [[[1, true, 2], [1, true, 1]]])).toEqual(["Ana We won, 2 → We won, 1"]); // prettier-ignore
});

test("what reads the same before and after is left out", () => {
  const changes: [Standing, Standing][] = [[[1, false, 2], [2, false, 1]], [[2, false, 1], [1, false, 1]]]; // prettier-ignore
  const ratings = [{ player_id: "p0", before: 1500, after: 1500 }];
  expect(lines("none", changes, { ratings })).toEqual(["Ana 2 → 1"]);
});

test("who had neither place nor score just counts no longer", () => {
  expect(lines("none", [[[1, false, null], null]])).toEqual(["Ana counts no longer"]);
});

const entry = {
  board_id: "b",
  board: "laps",
  name: "Best lap",
  season: null,
  score_type: "duration",
  period: null,
  member_id: "p0",
  team: null,
  before: 107_008,
  after: 41_500,
} as const;

test("a leaderboard goes by its name, and times are times", () => {
  const seasonal = { ...entry, board_id: "s", board: "~01932473", season: "Winter cup" };
  expect(
    lines(
      "none",
      [
        [
          [1, true, 2],
          [1, true, 2],
        ],
      ],
      { boards: [entry, seasonal] },
    ),
  ).toEqual(["Ana Best lap 1:47.008 → 0:41.5", "Ana Best lap · Winter cup 1:47.008 → 0:41.5"]);
});

test("who is somebody by now goes by the name at the table throughout", () => {
  const changes: [Standing, Standing][] = [[[1, true, 2], [1, true, 2]], [[1, true, 2], [1, true, 1]]]; // prettier-ignore
  const ratings = [{ player_id: "person", before: 1500, after: 1490 }];
  const boards = [{ ...entry, member_id: "person" }];
  expect(lines("none", changes, { ratings, boards })).toEqual([
    "Ben 2, Won → 1, Won",
    "Ben 1500 → 1490",
    "Ben Best lap 1:47.008 → 0:41.5",
  ]);
});
