import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Player, Scoreboard, Session } from "@/api/types";
import { PeopleDrawer } from "@/features/table/people-drawer";

afterEach(cleanup);

const people = {
  Ana: { kind: "account" },
  Ben: { kind: "named" },
  Cleo: { kind: "named", claimed_by: "somebody" },
};

const open = (): void => {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  for (const [name, more] of Object.entries(people))
    client.setQueryData(["player", name], { id: name, ...more });
  const seats = Object.keys(people).map((name, seat) => ({ seat, player_id: name, name, is_bot: false }));
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <PeopleDrawer
          session={{ id: "s", seats, scorekeepers: ["host"], requests: [] } as unknown as Session}
          board={{} as Scoreboard}
          me={{ id: "host", display_name: "Host" } as Player}
          manages
          present={[]}
          onClose={vi.fn()}
        />
      </MantineProvider>
    </QueryClientProvider>,
  );
};

test("only who can sign in is asked to keep the score", () => {
  open();
  const asked = Object.keys(people).filter((name) => {
    fireEvent.click(screen.getByLabelText(`Actions for ${name}`));
    const item = screen.queryByText("Let keep the score");
    fireEvent.click(screen.getByLabelText(`Actions for ${name}`));
    return item !== null;
  });
  expect(asked).toEqual(["Ana", "Cleo"]);
});

test("a team has no longer a name than the server takes", () => {
  open();
  fireEvent.click(screen.getByLabelText("Actions for Ana"));
  fireEvent.click(screen.getByText("Set team…"));
  expect(screen.getByLabelText<HTMLInputElement>("Team: Ana").maxLength).toBe(40);
});
