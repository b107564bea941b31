// The writes on their way: in order, each once, taps on one cell merged, kept until the board shows them,
// and on the device until they are acknowledged.
import { newCommandId } from "@/api/command-id";
import { Problem } from "@/api/problem";
import { bodyOf, sameCell, type Command } from "@/live/commands";
import { exactSum } from "@/api/exact";
import type { Shelf } from "@/live/shelf";

/** How long a tap waits for the next one on the same cell. */
export const MERGE_MS = 600;
const RETRY_MS = 1_000;
/** From this delay on a write says when it was really made. */
const LATE_MS = 5_000;

export interface Entry {
  readonly id: string;
  readonly command: Command;
  /** The session it was made in. */
  readonly sessionId: string | undefined;
  /** By the server's clock, which outlives the page that knew how far off the device's is. */
  readonly madeAt: number;
  /** The last tap that went into it, by the device's clock. */
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

export interface Wiring {
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

  constructor(
    private readonly wiring: Wiring,
    private readonly shelf: Shelf,
  ) {}

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  add(command: Command, sessionId?: string): void {
    const now = Date.now();
    this.#yieldTaken();
    const last = this.#entries.at(-1);
    if (last !== undefined && last.sent === undefined && "delta" in command && "delta" in last.command) {
      if (sameCell(last.command.cell, command.cell) && last.sessionId === sessionId) {
        const sum = exactSum([last.command.delta, command.delta]);
        const delta = typeof command.delta === "number" ? Number(sum) : sum;
        this.#replace(last, { ...last, command: { ...command, delta }, touchedAt: now });
        this.#pump();
        return;
      }
    }
    const madeAt = this.wiring.serverNow().getTime();
    this.#become([...this.#entries, { id: newCommandId(), command, sessionId, madeAt, touchedAt: now }]);
    this.#pump();
  }

  /** Go on with what other pages at this table have not sent. */
  takeOver(): void {
    const found = this.shelf.take().filter((each) => !this.#entries.some((entry) => entry.id === each.id));
    if (found.length === 0) return;
    this.#become([...found.map((entry) => ({ ...entry, touchedAt: 0 })), ...this.#entries]);
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
    this.#yieldTaken();
    const left = this.#entries.filter((entry) => entry.index === undefined || entry.index > index);
    if (left.length < this.#entries.length) this.#become(left);
  }

  /** Send a tap that still waits for more: the page is being left. */
  flush(): void {
    this.#pump(true);
  }

  /** Give up what belongs to other sessions, which are over; tells which cells were not written by it. */
  dropAllBut(sessionId: string): readonly Entry[] {
    const old = this.#entries.filter((entry) => entry.sessionId !== sessionId);
    if (old.length > 0) this.#become(this.#entries.filter((entry) => entry.sessionId === sessionId));
    return old.filter((entry) => entry.index === undefined && "cell" in entry.command);
  }

  #pump(atOnce = false): void {
    clearTimeout(this.#timer);
    if (!this.#open || this.#sending) return;
    this.#yieldTaken();
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
      this.#yieldTaken();
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
    const late = this.wiring.serverNow().getTime() - entry.madeAt;
    const at = late < LATE_MS ? {} : { at: new Date(entry.madeAt).toISOString() };
    return { ...bodyOf(entry.command), ...at, command_id: entry.id };
  }

  #replace(old: Entry, entry: Entry): void {
    this.#become(this.#entries.map((each) => (each.id === old.id ? entry : each)));
  }

  #remove(entry: Entry): void {
    this.#become(this.#entries.filter((each) => each.id !== entry.id));
  }

  /** What another page has taken over is that page's to send; a repetition under way is harmless. */
  #yieldTaken(): void {
    if (this.shelf.taken) this.#become(this.#entries.filter((entry) => entry.index !== undefined));
  }

  #become(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.shelf.keep(entries);
    this.wiring.changed();
  }
}
