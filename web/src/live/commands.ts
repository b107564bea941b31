// What can be asked of a table, as the socket names it.
import type { Value } from "@/api/types";

/** One cell of the score sheet; `seat` is null for a stat of the whole table. Rounds count from 1. */
export interface Cell {
  seat: number | null;
  stat: string;
  round: number;
}

export type Given = { seat: number; place?: number; winner?: boolean }[];

export type Command =
  | { event: "record"; cell: Cell; value: Value }
  | { event: "record"; cell: Cell; delta: number | string }
  | { event: "clear"; cell: Cell }
  | { event: "end"; result?: Given }
  | { event: "undo" | "redo" | "next_round" | "start" | "pause" | "resume" | "abandon" | "rematch" };

export function sameCell(a: Cell, b: Cell): boolean {
  return a.seat === b.seat && a.stat === b.stat && a.round === b.round;
}

/** The body that the API takes for a command. */
export function bodyOf(command: Command): Record<string, unknown> {
  const body: Record<string, unknown> = { ...command, ...("cell" in command ? command.cell : {}) };
  delete body.event;
  delete body.cell;
  return body;
}
