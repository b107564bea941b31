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
    <QueryClientProvider client={new QueryClient()}>
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
