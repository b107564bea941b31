import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Stat } from "@/api/types";
import type { Command } from "@/live/commands";
import { CellEditor } from "@/features/table/cell-editor";

const cell = { seat: 0, stat: "Points", round: 2 };
const points: Stat = {
  name: "Points",
  data_type: "integer",
  scope: "player",
  scoring: true,
  choices: [],
  maximum: 100,
};

function open(stat: Stat, value?: number) {
  const done: Command[] = [];
  const onClose = vi.fn();
  const openNext = vi.fn();
  render(
    <MantineProvider env="test">
      <CellEditor
        cell={cell}
        stat={stat}
        name="Ana"
        value={value}
        next={{ name: "Ben", open: openNext }}
        act={(command) => done.push(command)}
        onClose={onClose}
      />
    </MantineProvider>,
  );
  return { done, onClose, openNext };
}

const type = (keys: string): void => {
  for (const key of keys) fireEvent.keyDown(window, { key });
};
const press = (name: string): boolean => fireEvent.click(screen.getByRole("button", { name }));

vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);

afterEach(cleanup);

test("a sum typed on the keyboard is written as one value, and the next player opens", () => {
  const { done, openNext } = open(points);
  type("12+11+7");
  press("OK, then Ben");
  expect(done).toEqual([{ event: "record", cell, value: 30 }]);
  expect(openNext).toHaveBeenCalledOnce();
});

test("a value outside the limits cannot be written", () => {
  const { done } = open(points);
  type("101");
  press("OK");
  expect(done).toEqual([]);
  expect(screen.getByText("At most 100")).toBeDefined();
});

test("closing without typing leaves the cell as it was; clearing empties it", () => {
  const { done, onClose } = open(points, 12);
  press("OK");
  expect(done).toEqual([]);
  press("Clear");
  expect(done).toEqual([{ event: "clear", cell }]);
  expect(onClose).toHaveBeenCalledTimes(2);
});

test("yes is written as a truth value", () => {
  const { done } = open({ ...points, data_type: "boolean" });
  press("Yes");
  expect(done).toEqual([{ event: "record", cell, value: true }]);
});

test("a duration is written in milliseconds", () => {
  const { done } = open({ ...points, data_type: "duration", maximum: undefined });
  fireEvent.change(screen.getByLabelText("Minutes:seconds"), { target: { value: "1:30.5" } });
  press("Save");
  expect(done).toEqual([{ event: "record", cell, value: 90_500 }]);
});
