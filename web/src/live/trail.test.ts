import { expect, test } from "vitest";
import type { Command } from "@/live/commands";
import type { Entry } from "@/live/outbox";
import { followed, NO_TRAIL, possible, type LedgerEvent } from "@/live/trail";

/** Events in a row, from `first` on, each of a kind and by somebody. */
const events = (first: number, ...happened: [kind: string, actor: string][]): LedgerEvent[] =>
  happened.map(([kind, actor], place) => ({
    index: first + place,
    prev_index: first + place - 1,
    type: `${kind}.v1`,
    actor,
  }));

const entry = (event: Command["event"], index?: number): Entry => ({
  id: event,
  command: { event } as Command,
  sessionId: "s",
  madeAt: 0,
  touchedAt: 0,
  ...(index !== undefined && { index }),
});

const opened = events(0, ["session_created", "ana"], ["session_started", "ana"]);
const wrote = "scoresheet.value_recorded";
const after = (...happened: [kind: string, actor: string][]) =>
  followed(NO_TRAIL, [...opened, ...events(2, ...happened)], "ana");

test("at a new table there is nothing to take back", () => {
  expect(possible(after(), [])).toEqual({ undo: false, redo: false });
});

test("everybody takes back what they wrote themselves, as often as they wrote", () => {
  expect(possible(after([wrote, "ben"]), [])).toEqual({ undo: false, redo: false });
  const undone: [string, string] = ["scoresheet.write_undone", "ana"];
  const twice = after([wrote, "ana"], ["scoresheet.round_started", "ana"], undone);
  expect(possible(twice, [])).toEqual({ undo: true, redo: true });
  expect(possible(followed(twice, events(5, undone), "ana"), [])).toEqual({ undo: false, redo: true });
});

test("a write ends what could be put back, and so does one that is on its way", () => {
  const trail = after([wrote, "ana"], ["scoresheet.write_undone", "ana"]);
  expect(possible(trail, [])).toEqual({ undo: false, redo: true });
  expect(possible(trail, [entry("redo")])).toEqual({ undo: true, redo: false });
  expect(possible(trail, [entry("record")])).toEqual({ undo: true, redo: false });
  expect(possible(trail, [entry("record", 9), entry("undo")])).toEqual({ undo: false, redo: true });
});

test("what is acknowledged and heard of counts once", () => {
  expect(possible(after([wrote, "ana"]), [entry("record", 2), entry("undo")]).undo).toBe(false);
  expect(followed(after([wrote, "ana"]), events(2, [wrote, "ana"]), "ana")?.done).toBe(1);
});

test("while something is not known, anything may be asked for", () => {
  expect(followed(after(), events(7, [wrote, "ana"]), "ana")).toBeUndefined();
  expect(possible(undefined, [])).toEqual({ undo: true, redo: true });
});
