// The writes on their way: in order, each once, taps on one cell merged, kept until the board shows them.
import { newCommandId } from "@/api/command-id";
import { Problem } from "@/api/problem";
import { bodyOf, sameCell, type Command } from "@/live/commands";
import { exactSum } from "@/api/exact";

/** How long a tap waits for the next one on the same cell. */
export const MERGE_MS = 600;
const RETRY_MS = 1_000;
/** From this delay on a write says when it was really made. */
const LATE_MS = 5_000;

export interface Entry {
  readonly id: string;
  readonly command: Command;
  readonly madeAt: number;
  /** The last tap that went into it. */
  readonly touchedAt: number;
  /** The exact body sent; a repetition must not differ. */
  readonly sent?: Record<string, unknown>;
  /** The index under which it was committed, once acknowledged. */
  readonly index?: number;
}

export interface Reply {
  index: number;
  session_id?: string;
}

interface Wiring {
  /** Rejects with a `Problem` when refused, with anything else when no answer came. */
  send(event: Command["event"], body: Record<string, unknown>): Promise<Reply>;
  serverNow(): Date;
  changed(): void;
  refused(entry: Entry, problem: Problem): void;
  acknowledged(command: Command, reply: Reply): void;
}

export class Outbox {
  #entries: readonly Entry[] = [];
  #open = false;
  #sending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly wiring: Wiring) {}

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  add(command: Command): void {
    const now = Date.now();
    const last = this.#entries.at(-1);
    if (last !== undefined && last.sent === undefined && "delta" in command && "delta" in last.command) {
      if (sameCell(last.command.cell, command.cell)) {
        const sum = exactSum([last.command.delta, command.delta]);
        const delta = typeof command.delta === "number" ? Number(sum) : sum;
        this.#replace(last, { ...last, command: { ...command, delta }, touchedAt: now });
        this.#pump();
        return;
      }
    }
    this.#entries = [...this.#entries, { id: newCommandId(), command, madeAt: now, touchedAt: now }];
    this.wiring.changed();
    this.#pump();
  }

  /** The channel is joined: send what waits. */
  open(): void {
    this.#open = true;
    this.#pump();
  }

  /** The channel is away: hold everything. */
  hold(): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }

  /** A board of this index has arrived: it shows what was acknowledged up to there. */
  settle(index: number): void {
    const left = this.#entries.filter((entry) => entry.index === undefined || entry.index > index);
    if (left.length === this.#entries.length) return;
    this.#entries = left;
    this.wiring.changed();
  }

  /** Send a tap that still waits for more: the page is being left. */
  flush(): void {
    this.#pump(true);
  }

  /** Give up everything, because its session is over; tells which cells were not written by it. */
  drop(): readonly Entry[] {
    const lost = this.#entries.filter((entry) => entry.index === undefined && "cell" in entry.command);
    this.#entries = [];
    this.wiring.changed();
    return lost;
  }

  #pump(atOnce = false): void {
    clearTimeout(this.#timer);
    if (!this.#open || this.#sending) return;
    const head = this.#entries.find((entry) => entry.index === undefined);
    if (head === undefined) return;
    const mayGrow = "delta" in head.command && head.sent === undefined && head === this.#entries.at(-1);
    const wait = mayGrow && !atOnce ? head.touchedAt + MERGE_MS - Date.now() : 0;
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#pump(), wait);
      return;
    }
    if (head.command.event === "record" && "delta" in head.command && Number(head.command.delta) === 0) {
      this.#remove(head); // +1 and −1 again: nothing to write
      this.#pump();
    } else {
      void this.#attempt(head);
    }
  }

  async #attempt(head: Entry): Promise<void> {
    const sent = head.sent ?? this.#bodyOf(head);
    const entry = { ...head, sent };
    this.#replace(head, entry);
    this.#sending = true;
    let again = 0;
    try {
      const reply = await this.wiring.send(entry.command.event, sent);
      this.#replace(entry, { ...entry, index: reply.index });
      this.wiring.acknowledged(entry.command, reply);
    } catch (error) {
      if (error instanceof Problem && !error.passing) {
        this.#remove(entry);
        this.wiring.refused(entry, error);
      } else {
        again = RETRY_MS; // no answer: the same id makes a repetition harmless
      }
    }
    this.#sending = false;
    if (again === 0) this.#pump();
    else this.#timer = setTimeout(() => this.#pump(), again);
  }

  #bodyOf(entry: Entry): Record<string, unknown> {
    const late = Date.now() - entry.madeAt;
    const at = late < LATE_MS ? {} : { at: new Date(this.wiring.serverNow().getTime() - late).toISOString() };
    return { ...bodyOf(entry.command), ...at, command_id: entry.id };
  }

  #replace(old: Entry, entry: Entry): void {
    this.#entries = this.#entries.map((each) => (each.id === old.id ? entry : each));
    this.wiring.changed();
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each.id !== entry.id);
    this.wiring.changed();
  }
}
