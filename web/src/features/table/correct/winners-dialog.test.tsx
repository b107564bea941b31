import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Session } from "@/api/types";
import { WinnersDialog } from "@/features/table/correct/winners-dialog";

afterEach(cleanup);

const seat = (at: number, name: string, team?: string) => ({ seat: at, name, ...(team && { team }) });

function open(session: object) {
  const onPick = vi.fn();
  const given = { win: "highest", stats: [], ...session } as unknown as Session;
  render(
    <MantineProvider env="test">
      <WinnersDialog session={given} onPick={onPick} onClose={vi.fn()} />
    </MantineProvider>,
  );
  const next = (): boolean => fireEvent.click(screen.getByRole("button", { name: "See what changes" }));
  return { onPick, next };
}

test("a team wins as one", () => {
  const { onPick, next } = open({
    seats: [seat(0, "Ana", "Reds"), seat(1, "Ben"), seat(2, "Cleo", "Reds")],
  });
  fireEvent.click(screen.getByLabelText("Reds"));
  next();
  const winners = [true, false, true].map((winner, at) => ({ seat: at, winner }));
  expect(onPick).toHaveBeenCalledWith(winners, "Reds");
});

test("nobody may have won where no points say who did", () => {
  const { onPick, next } = open({ seats: [seat(0, "Ana"), seat(1, "Ben")] });
  screen.getByText("Leave it empty if nobody won.");
  next();
  const losers = [0, 1].map((at) => ({ seat: at, winner: false }));
  expect(onPick).toHaveBeenCalledWith(losers, "");
});
