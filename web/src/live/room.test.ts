import { Socket } from "phoenix";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import type { Scoreboard } from "@/api/types";
import type { Command } from "@/live/commands";
import { Room } from "@/live/room";
import { Shelf } from "@/live/shelf";

type Frame = [string | null, string | null, string, string, Record<string, unknown>];

/** The network and the server behind it, spoken to by the real Phoenix client. */
class FakeServer {
  static now: FakeServer;
  static up = true;
  readonly got: Frame[] = [];
  readyState = 0;
  onopen = (): void => undefined;
  onerror: (error: unknown) => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (close: { code: number }) => void = () => undefined;

  constructor() {
    FakeServer.now = this;
    queueMicrotask(() => {
      if (!FakeServer.up) {
        this.close();
        return;
      }
      this.readyState = 1;
      this.onopen();
    });
  }

  send(text: string): void {
    this.got.push(JSON.parse(text) as Frame);
  }

  close(): void {
    this.readyState = 3;
    this.onclose({ code: 1012 });
  }

  say(frame: Frame): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  /** Answers the last frame of this event that arrived. */
  reply(event: string, response: object, status = "ok"): void {
    const frame = this.last(event);
    if (frame === undefined) throw new Error(`no ${event} has arrived`);
    this.say([frame[0], frame[1], frame[2], "phx_reply", { status, response }]);
  }

  last(event: string): Frame | undefined {
    return this.got.findLast((frame) => frame[3] === event);
  }

  broadcast(event: string, payload: object): void {
    this.say([null, null, "room:ABCDEF", event, { ...payload }]);
  }
}

const board = (index: number, session_id = "first"): Scoreboard => ({
  session_id,
  key: "ABCDEF",
  index,
  status: "playing",
  paused: false,
  round: 1,
  seats: [],
  table: {},
  missing: [],
});

const joined = (index: number, session_id = "first"): object => ({
  scoreboard: board(index, session_id),
  role: "scorekeeper",
  seat: null,
  index,
  session_id,
});

const changed = vi.fn();
let socket: Socket;
let room: Room;

const settle = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(async () => {
  vi.useFakeTimers();
  changed.mockClear();
  FakeServer.up = true;
  socket = new Socket("/socket", { transport: FakeServer });
  socket.connect();
  localStorage.clear();
  room = new Room("ABCDEF", changed, () => Promise.resolve(socket), new Shelf("ana", "ABCDEF"));
  room.enter();
  await settle();
  FakeServer.now.reply("phx_join", joined(3));
});

afterEach(() => {
  room.leave();
  socket.disconnect();
  vi.useRealTimers();
});

test("after a lost connection it joins again from the last index, and sends once what was entered meanwhile", async () => {
  expect(room.snapshot()).toMatchObject({ connection: "live", role: "scorekeeper", board: { index: 3 } });
  FakeServer.now.broadcast("event", { index: 4, type: "points_recorded.v1", data: { stat: "Points" } });
  FakeServer.up = false;
  FakeServer.now.close();
  expect(room.snapshot().connection).toBe("away");
  room.do({ event: "undo" });
  await settle(3_000);
  FakeServer.up = true;
  await settle(6_000);
  const server = FakeServer.now;
  expect(server.last("phx_join")?.[4]).toEqual({ session_id: "first", last_index: 4 });
  expect(server.last("undo")).toBeUndefined();
  server.reply("phx_join", joined(4));
  await settle();
  server.reply("undo", { index: 5 });
  await settle();
  expect(room.snapshot().connection).toBe("live");
  expect(room.snapshot().entries.map((entry) => entry.index)).toEqual([5]);
  server.broadcast("scoreboard", board(5));
  expect(room.snapshot().entries).toEqual([]);
});

test("scores do not make it look at the session again, a change of seats does", () => {
  changed.mockClear();
  FakeServer.now.broadcast("event", { index: 4, type: "points_recorded.v1", data: { stat: "Points" } });
  expect(changed).not.toHaveBeenCalled();
  FakeServer.now.broadcast("event", { index: 5, type: "seat_added.v1", data: { seat: 2 } });
  expect(changed).toHaveBeenCalledExactlyOnceWith("first");
});

test("a rematch moves everybody along, and says what could no longer be written", async () => {
  const five: Command = { event: "record", cell: { seat: 0, stat: "Points", round: 1 }, value: 5 };
  room.do(five);
  FakeServer.now.broadcast("scoreboard", board(0, "second"));
  expect(room.snapshot().board?.session_id).toBe("first");
  FakeServer.now.broadcast("session_started", { session_id: "second" });
  await settle();
  FakeServer.now.reply("phx_join", joined(0, "second"));
  expect(room.snapshot()).toMatchObject({
    sessionId: "second",
    board: { session_id: "second", index: 0 },
    troubles: [{ sessionId: "first", problem: { code: "session_finished" }, entries: [{ command: five }] }],
    entries: [],
  });
});

test("what was refused for the same reason is told together, until the room goes on to another session", async () => {
  const cell = { seat: 0, stat: "Points", round: 1 };
  for (const value of [5, 6]) {
    room.do({ event: "record", cell, value });
    await settle();
    FakeServer.now.reply("record", { code: "session_finished", reason: "the session is over" }, "error");
    await settle();
  }
  room.do({ event: "undo" });
  await settle();
  FakeServer.now.reply("undo", { code: "forbidden", reason: "you watch" }, "error");
  await settle();
  const [over, forbidden] = room.snapshot().troubles;
  expect(over?.entries.map(({ command }) => "value" in command && command.value)).toEqual([5, 6]);
  expect(forbidden?.problem.code).toBe("forbidden");
  if (forbidden) room.forget(forbidden);
  expect(room.snapshot().troubles).toEqual([over]);
  FakeServer.now.broadcast("session_started", { session_id: "second" });
  await settle();
  FakeServer.now.reply("phx_join", joined(0, "second"));
  expect(room.snapshot().troubles).toEqual([]);
});

test("leaving the page with a write under way stays at the table until it is acknowledged", async () => {
  room.do({ event: "undo" });
  await settle();
  room.leave();
  expect(FakeServer.now.last("phx_leave")).toBeUndefined();
  FakeServer.now.reply("undo", { index: 4 });
  await settle();
  expect(FakeServer.now.last("phx_leave")).toBeDefined();
});

test("a table that cannot be joined says why", async () => {
  const other = new Room("ZZZZZZ", changed, () => Promise.resolve(socket), new Shelf("ana", "ZZZZZZ"));
  other.enter();
  await settle();
  FakeServer.now.reply("phx_join", { code: "not_found", reason: "there is no such room" }, "error");
  expect(other.snapshot().refusal?.code).toBe("not_found");
});

test("a server that cannot renew a sign-in just now is asked again", async () => {
  const tokens = vi
    .fn<() => Promise<Socket>>()
    .mockRejectedValueOnce(new Problem("unavailable", "HTTP 502", 502))
    .mockResolvedValue(socket);
  const other = new Room("ZZZZZZ", changed, tokens, new Shelf("ana", "ZZZZZZ"));
  other.enter();
  await settle();
  expect(other.snapshot()).toMatchObject({ connection: "away" });
  expect(other.snapshot().refusal).toBeUndefined();

  await vi.advanceTimersByTimeAsync(2_000);
  expect(FakeServer.now.last("phx_join")?.[2]).toBe("room:ZZZZZZ");
});

test("what an earlier page left of a session that is over meanwhile is named", async () => {
  const cell = { seat: 0, stat: "Points", round: 1 };
  const five: Command = { event: "record", cell, value: 5 };
  room.do(five);
  room.part();
  const next = new Room("ABCDEF", changed, () => Promise.resolve(socket), new Shelf("ana", "ABCDEF"));
  next.enter();
  expect(next.snapshot().entries).toMatchObject([{ command: five, sessionId: "first" }]);
  await settle();
  FakeServer.now.reply("phx_join", joined(0, "second"));
  expect(next.snapshot()).toMatchObject({
    entries: [],
    troubles: [{ sessionId: "first", problem: { code: "session_finished" }, entries: [{ command: five }] }],
  });
  next.leave();
});

test("who signs out and in again goes on where they were", async () => {
  room.part();
  room.do({ event: "undo" });
  await settle();
  expect(FakeServer.now.last("undo")).toBeUndefined();
  room.enter();
  await settle();
  FakeServer.now.reply("phx_join", joined(3));
  await settle();
  expect(FakeServer.now.last("undo")).toBeDefined();
});
