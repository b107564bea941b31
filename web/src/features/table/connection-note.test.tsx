import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionNote } from "@/features/table/connection-note";
import type { Entry } from "@/live/outbox";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const undo = (id: string): Entry => ({
  id,
  command: { event: "undo" },
  sessionId: "s",
  madeAt: Date.now(),
  touchedAt: Date.now(),
});

const note = (entries: Entry[], connection: "live" | "away" = "live") => (
  <MantineProvider env="test">
    <ConnectionNote connection={connection} entries={entries} />
  </MantineProvider>
);

test("what is on its way for long is told, until it has arrived", () => {
  const first = undo("1");
  const { rerender } = render(note([first]));
  act(() => void vi.advanceTimersByTime(1_900));
  expect(screen.queryByRole("note")).toBeNull();

  const second = undo("2");
  rerender(note([first, second]));
  act(() => void vi.advanceTimersByTime(200));
  expect(screen.getByRole("note").textContent).toBe("Sending…2 entries not sent yet");

  rerender(note([{ ...first, index: 7 }, second])); // the next one has not waited for long
  expect(screen.queryByRole("note")).toBeNull();
  act(() => void vi.advanceTimersByTime(2_000));
  expect(screen.getByRole("note").textContent).toBe("Sending…1 entry not sent yet");

  rerender(note([second], "away"));
  expect(screen.getByRole("note").textContent).toContain("Connection lost");
  rerender(note([]));
  expect(screen.queryByRole("note")).toBeNull();
});
