// What somebody can take back and put back at a table, as far as its events tell.
import type { Command } from "@/live/commands";
import type { Entry } from "@/live/outbox";

export interface LedgerEvent {
  index: number;
  /** The index of the one before it. */
  prev_index: number;
  type: string;
  actor: string | null;
  data?: Record<string, unknown>;
}

/** How many of somebody's writes count as of an index, and how many they have taken back since they wrote. */
export interface Trail {
  readonly index: number;
  readonly done: number;
  readonly undone: number;
}

type Act = "write" | "undo" | "redo";

const ACTS: Readonly<Partial<Record<string, Act>>> = {
  value_recorded: "write",
  value_cleared: "write",
  round_started: "write",
  write_undone: "undo",
  write_redone: "redo",
};
const COMMANDS: Readonly<Partial<Record<Command["event"], Act>>> = {
  record: "write",
  clear: "write",
  next_round: "write",
  undo: "undo",
  redo: "redo",
};

export const NO_TRAIL: Trail = { index: -1, done: 0, undone: 0 };

function stepped(trail: Trail, act: Act | undefined): Trail {
  if (act === undefined) return trail;
  if (act === "write") return { ...trail, done: trail.done + 1, undone: 0 };
  const by = act === "undo" ? 1 : -1;
  return { ...trail, done: trail.done - by, undone: trail.undone + by };
}

/** Goes on with what has happened since; undefined when something in between was missed. */
export function followed(
  trail: Trail | undefined,
  events: readonly LedgerEvent[],
  playerId: string,
): Trail | undefined {
  return events.reduce((before, { index, prev_index, type, actor }) => {
    if (before === undefined || index <= before.index) return before;
    if (prev_index > before.index) return undefined;
    const act = actor === playerId ? ACTS[/^scoresheet\.(\w+)\./.exec(type)?.[1] ?? ""] : undefined;
    return stepped({ ...before, index }, act);
  }, trail);
}

/** What can be asked for once all that is on its way is written; anything, while the trail is not known. */
export function possible(
  trail: Trail | undefined,
  entries: readonly Entry[],
): { undo: boolean; redo: boolean } {
  if (trail === undefined) return { undo: true, redo: true };
  const coming = entries.filter(({ index }) => index === undefined || index > trail.index);
  const { done, undone } = coming.reduce(
    (before, { command }) => stepped(before, COMMANDS[command.event]),
    trail,
  );
  return { undo: done > 0, redo: undone > 0 };
}
