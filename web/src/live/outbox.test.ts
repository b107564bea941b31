import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Problem, Unreachable } from "@/api/problem";
import type { Cell, Command } from "@/live/commands";
import { MERGE_MS, Outbox, type Reply } from "@/live/outbox";
import { Shelf } from "@/live/shelf";

const ana: Cell = { seat: 0, stat: "Points", round: 1 };
const ben: Cell = { ...ana, seat: 1 };
const tap = (cell: Cell, delta: number | string = 1): Command => ({ event: "record", cell, delta });

const AHEAD_MS = 90_000; // how far the server's clock is before the device's

/** A page, and a server that keeps what it is sent and answers as told; by default with the next index. */
class FakeServer {
  readonly got: Record<string, unknown>[] = [];
  readonly refusals: Problem[] = [];
  answer = (): Promise<Reply> => Promise.resolve({ index: this.got.length });

  readonly outbox = new Outbox(
    {
      send: (event, body) => {
        this.got.push({ event, ...body });
        return this.answer();
      },
      serverNow: () => new Date(Date.now() + AHEAD_MS),
      changed: () => undefined,
      refused: (_, problem) => this.refusals.push(problem),
      acknowledged: () => undefined,
    },
    new Shelf("ana", "ABCDEF"),
  );

  get deltas(): unknown[] {
    return this.got.map((body) => [body.seat, body.delta]);
  }
}

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-01T12:00:00Z") });
  localStorage.clear();
  server = new FakeServer();
  server.outbox.open();
});
afterEach(() => void vi.useRealTimers());

describe("taps", () => {
  test("in quick succession on one cell become one entry, sent when they stop", async () => {
    for (let taps = 0; taps < 5; taps++) {
      server.outbox.add(tap(ana));
      await vi.advanceTimersByTimeAsync(MERGE_MS / 2);
    }
    expect(server.got).toEqual([]);
    expect(server.outbox.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(MERGE_MS);
    expect(server.deltas).toEqual([[0, 5]]);
  });

  test("on another cell send the first at once, in order", async () => {
    server.outbox.add(tap(ana));
    server.outbox.add(tap(ben));
    server.outbox.add(tap(ana));
    await vi.advanceTimersByTimeAsync(MERGE_MS);
    expect(server.deltas).toEqual([
      [0, 1],
      [1, 1],
      [0, 1],
    ]);
  });

  test("that cancel each other are never sent", async () => {
    server.outbox.add(tap(ana, "0.5"));
    server.outbox.add(tap(ana, "-0.5"));
    await vi.advanceTimersByTimeAsync(MERGE_MS);
    expect(server.got).toEqual([]);
    expect(server.outbox.entries).toEqual([]);
  });

  test("never grow an entry that has been sent already", async () => {
    server.answer = () => Promise.reject(new Unreachable());
    server.outbox.add(tap(ana));
    await vi.advanceTimersByTimeAsync(MERGE_MS);
    server.outbox.add(tap(ana));
    expect(server.outbox.entries).toHaveLength(2);
  });
});

describe("writes", () => {
  test("made while away wait, merge, and go out once in order with their true time", async () => {
    server.outbox.hold();
    server.outbox.add(tap(ana));
    server.outbox.add(tap(ana));
    server.outbox.add({ event: "next_round" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.got).toEqual([]);
    server.outbox.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(server.got.map((body) => body.event)).toEqual(["record", "next_round"]);
    expect(server.got[0]).toMatchObject({ delta: 2, at: "2026-01-01T12:01:30.000Z" });
  });

  test("without an answer are repeated with the very same body", async () => {
    server.answer = () => Promise.reject(new Unreachable());
    server.outbox.add({ event: "undo" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.got.length).toBeGreaterThan(2);
    expect(new Set(server.got.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  test("that are refused are dropped with the reason, and the next goes on", async () => {
    const refusal = new Problem("out_of_range", "too much");
    server.answer = () => (server.got.length === 1 ? Promise.reject(refusal) : Promise.resolve({ index: 9 }));
    server.outbox.add({ event: "record", cell: ana, value: 1000 });
    server.outbox.add({ event: "next_round" });
    await vi.advanceTimersByTimeAsync(0);
    expect(server.refusals).toEqual([refusal]);
    expect(server.outbox.entries.map((entry) => entry.index)).toEqual([9]);
  });

  test("stay until a board shows them", async () => {
    server.outbox.add({ event: "clear", cell: ana });
    await vi.advanceTimersByTimeAsync(0);
    server.outbox.settle(0);
    expect(server.outbox.entries).toHaveLength(1);
    server.outbox.settle(1);
    expect(server.outbox.entries).toEqual([]);
  });
});

describe("what was not sent", () => {
  const three = { event: "record", seat: 0, delta: 3 };
  const reload = async (): Promise<FakeServer> => {
    const next = new FakeServer();
    next.outbox.takeOver();
    next.outbox.open();
    await vi.advanceTimersByTimeAsync(0);
    return next;
  };

  test("is sent by the next page, with its true time", async () => {
    server.outbox.hold();
    for (let taps = 0; taps < 3; taps++) server.outbox.add(tap(ana));
    await vi.advanceTimersByTimeAsync(60_000);
    const next = await reload();
    expect(next.got).toMatchObject([{ ...three, at: "2026-01-01T12:01:30.000Z" }]);
    expect((await reload()).got).toEqual([]);
  });

  test("and may have arrived nevertheless is repeated with the very same body", async () => {
    server.answer = () => new Promise(() => undefined);
    server.outbox.add(tap(ana));
    server.outbox.flush();
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await reload()).got).toEqual(server.got);
  });

  test("is not sent by the page it was taken from, nor do its taps get lost", async () => {
    server.outbox.hold();
    server.outbox.add(tap(ana, 3));
    const next = await reload();
    server.outbox.add(tap(ana));
    server.outbox.open();
    await vi.advanceTimersByTimeAsync(MERGE_MS);
    expect(next.deltas).toEqual([[0, 3]]);
    expect(server.deltas).toEqual([[0, 1]]);
  });

  test("is nobody else's, and what cannot be read is left out", async () => {
    server.outbox.hold();
    server.outbox.add(tap(ana));
    expect(new Shelf("ben", "ABCDEF").take()).toEqual([]);
    localStorage.setItem("tallybook.unsent ben ABCDEF 1", "[{");
    localStorage.setItem("tallybook.unsent ben ABCDEF 2", '[null, {"id": 1}, "x"]');
    expect(new Shelf("ben", "ABCDEF").take()).toEqual([]);
    expect((await reload()).deltas).toEqual([[0, 1]]);
  });

  test("is sent by its own page where the device keeps nothing more", async () => {
    const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    server.outbox.add(tap(ana));
    await vi.advanceTimersByTimeAsync(MERGE_MS);
    expect(server.deltas).toEqual([[0, 1]]);
    full.mockRestore();
  });
});
