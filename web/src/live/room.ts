// One table, live: joins its topic, keeps its newest board, resumes after every interruption.
import { Presence, type Channel, type Socket } from "phoenix";
import { serverNow } from "@/api/client";
import { Problem, problemOf, Unreachable } from "@/api/problem";
import type { Scoreboard } from "@/api/types";
import { newer } from "@/live/board";
import type { Command } from "@/live/commands";
import { Outbox, type Entry, type Reply, type Wiring } from "@/live/outbox";
import type { Shelf } from "@/live/shelf";
import type { LedgerEvent } from "@/live/trail";

export type Role = "scorekeeper" | "player" | "spectator";

/** What I entered into a session and was not written, all for the same reason. */
export interface Trouble {
  sessionId: string;
  problem: Problem;
  entries: readonly Entry[];
}

export interface Present {
  player_id: string;
  name: string | undefined;
}

export interface RoomState {
  connection: "joining" | "live" | "away";
  /** Why the table cannot be joined at all. */
  refusal?: Problem;
  board?: Scoreboard;
  role?: Role;
  sessionId?: string;
  entries: readonly Entry[];
  /** What has happened in the session since this page joined. */
  heard: readonly LedgerEvent[];
  present: readonly Present[];
  troubles: readonly Trouble[];
}

interface Joined {
  scoreboard: Scoreboard;
  role: Role;
  index: number;
  session_id: string;
  events?: LedgerEvent[];
}

export class Room {
  #state: RoomState = { connection: "joining", entries: [], heard: [], present: [], troubles: [] };
  #channel: Channel | undefined;
  #left = false;
  #lastIndex: number | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #abandon = new Set<() => void>();
  readonly #outbox: Outbox;
  readonly #wiring: Wiring = {
    send: (event, body) => this.#push(event, body),
    serverNow,
    changed: () => {
      this.#set({ entries: this.#outbox.entries });
      this.#closeWhenDone();
    },
    refused: (entry, problem) => this.#refused(entry, problem),
    acknowledged: (_, reply) => {
      if (reply.session_id !== undefined && reply.session_id !== this.#state.sessionId) this.#rejoin();
      if (this.#state.board !== undefined) this.#outbox.settle(this.#state.board.index);
    },
  };

  /** `tableChanged` is called when more than scores changed: seats, roles, rounds, the end. */
  constructor(
    private readonly key: string,
    private readonly tableChanged: (sessionId: string) => void,
    private readonly socket: () => Promise<Socket>,
    shelf: Shelf,
  ) {
    this.#outbox = new Outbox(this.#wiring, shelf);
  }

  snapshot = (): RoomState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  enter(): void {
    this.#left = false;
    const { refusal, ...rest } = this.#state;
    if (refusal !== undefined) this.#become(rest);
    document.addEventListener("visibilitychange", this.#flush);
    addEventListener("offline", this.#offline);
    addEventListener("online", this.#online);
    this.#outbox.takeOver();
    if (this.#channel === undefined) this.#join();
  }

  /** Leaves as soon as every write is acknowledged, however long the network is away. */
  leave(): void {
    this.#left = true;
    document.removeEventListener("visibilitychange", this.#flush);
    removeEventListener("offline", this.#offline);
    removeEventListener("online", this.#online);
    this.#outbox.flush();
    this.#closeWhenDone();
  }

  get #done(): boolean {
    return this.#left && this.#outbox.entries.every((entry) => entry.index !== undefined);
  }

  #closeWhenDone(): void {
    if (!this.#done) return;
    this.#outbox.hold();
    this.#channel?.leave();
    this.#channel = undefined;
  }

  /** The person has gone, and the socket with them: what is not sent waits until they are back. */
  part(): void {
    this.#holdWrites();
    this.#channel = undefined;
    this.#set({ connection: "away" });
  }

  do(command: Command): void {
    this.#outbox.add(command, this.#state.sessionId);
  }

  forget(trouble: Trouble): void {
    this.#set({ troubles: this.#state.troubles.filter((each) => each !== trouble) });
  }

  /** Join anew, in the role the server now gives: after being seated, or made scorekeeper. */
  refreshRole(role: Role): void {
    if (this.#state.role !== undefined && this.#state.role !== role) this.#rejoin();
  }

  #flush = (): void => this.#outbox.flush();

  // The browser notices a dead network long before a heartbeat is missed; a short one kills no socket.
  #offline = (): void => this.#set({ connection: "away" });
  #online = (): void => {
    if (this.#channel?.state === "joined") this.#set({ connection: "live" });
  };

  #holdWrites(): void {
    this.#outbox.hold();
    for (const abandon of this.#abandon) abandon(); // their replies will not come over this channel
  }

  #rejoin(): void {
    this.#holdWrites();
    this.#channel?.leave();
    this.#channel = undefined;
    this.#join();
  }

  #join(): void {
    this.socket().then(
      (socket) => {
        if (this.#channel !== undefined || this.#done) return;
        const channel = socket.channel(`room:${this.key}`, () => this.#joinParams());
        this.#channel = channel;
        this.#listen(channel);
        channel
          .join()
          .receive("ok", (joined: Joined) => this.#joined(channel, joined))
          .receive("error", (body: unknown) => this.#refusedJoin(channel, body));
      },
      (error: unknown) => {
        if (error instanceof Unreachable || (error instanceof Problem && error.passing)) {
          this.#set({ connection: "away" });
          setTimeout(() => this.#join(), 2_000);
        } else {
          this.#set({ refusal: new Problem("unauthenticated", String(error)) });
        }
      },
    );
  }

  #joinParams(): object {
    const { sessionId } = this.#state;
    return this.#lastIndex === undefined ? {} : { session_id: sessionId, last_index: this.#lastIndex };
  }

  #listen(channel: Channel): void {
    const mine =
      <T extends unknown[]>(react: (...payload: T) => void) =>
      (...payload: T): void => {
        if (channel === this.#channel) react(...payload); // not of a channel that has been left
      };
    channel.onError(
      mine(() => {
        this.#holdWrites();
        this.#set({ connection: "away" });
      }),
    );
    channel.onClose(mine(() => this.#set({ connection: "away" })));
    channel.on(
      "scoreboard",
      mine((board: Scoreboard) => this.#show(board)),
    );
    channel.on(
      "event",
      mine((event: LedgerEvent) => this.#heard([event])),
    );
    channel.on(
      "session_started",
      mine(({ session_id }: { session_id: string }) => {
        if (session_id !== this.#state.sessionId) this.#rejoin();
      }),
    );
    const presence = new Presence(channel);
    presence.onSync(
      mine(() => {
        const list = (id: string, { metas }: { metas: { name?: string }[] }): Present => ({
          player_id: id,
          name: metas[0]?.name,
        });
        this.#set({ present: presence.list(list as never) });
      }),
    );
  }

  #joined(channel: Channel, joined: Joined): void {
    if (channel !== this.#channel) return;
    const before = this.#state.sessionId;
    if (before !== undefined && before !== joined.session_id) {
      this.#lastIndex = undefined;
      this.#set({ heard: [], troubles: [] });
    }
    this.#tooLate(this.#outbox.dropAllBut(joined.session_id));
    const first = this.#lastIndex === undefined;
    this.#set({ connection: "live", sessionId: joined.session_id, role: joined.role });
    this.#lastIndex = Math.max(this.#lastIndex ?? -1, joined.index);
    this.#show(joined.scoreboard);
    if (first) this.tableChanged(joined.session_id);
    else this.#heard(joined.events ?? []);
    this.#outbox.open();
  }

  #refusedJoin(channel: Channel, body: unknown): void {
    if (channel !== this.#channel) return;
    const problem = channelProblem(body);
    if (problem.passing) {
      this.#set({ connection: "away" }); // Phoenix tries again by itself
    } else {
      channel.leave();
      this.#channel = undefined;
      this.#set({ refusal: problem });
    }
  }

  #refused(entry: Entry, problem: Problem): void {
    const { sessionId = "", troubles } = this.#state;
    const same = troubles.find((each) => each.problem.code === problem.code);
    const entries = [...(same?.entries ?? []), entry];
    this.#set({ troubles: [...troubles.filter((each) => each !== same), { sessionId, problem, entries }] });
  }

  /** Of what is left from several sessions the last one's is told: an older result has been seen since. */
  #tooLate(lost: readonly Entry[]): void {
    const sessionId = lost.at(-1)?.sessionId;
    if (sessionId === undefined) return;
    const problem = new Problem("session_finished", "the room has gone on to another session");
    const entries = lost.filter((entry) => entry.sessionId === sessionId);
    this.#set({ troubles: [...this.#state.troubles, { sessionId, problem, entries }] });
  }

  #show(board: Scoreboard): void {
    if (board.session_id !== this.#state.sessionId) return; // the next session's comes with the new join
    const before = this.#state.board;
    const shown = newer(before, board);
    if (shown !== before) this.#set({ board: shown });
    this.#outbox.settle(shown.index);
    if (before !== undefined && before.status !== shown.status) this.tableChanged(board.session_id);
  }

  #heard(events: readonly LedgerEvent[]): void {
    const { sessionId } = this.#state;
    for (const event of events) this.#lastIndex = Math.max(this.#lastIndex ?? -1, event.index);
    if (events.length > 0) this.#set({ heard: [...this.#state.heard, ...events] });
    // What names a stat is a score, and the board shows it; anything else may change the table itself.
    if (sessionId !== undefined && events.some((event) => !("stat" in (event.data ?? {})))) {
      this.tableChanged(sessionId);
    }
  }

  #push(event: string, body: Record<string, unknown>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const abandon = (): void => settle(() => reject(new Unreachable()));
      const settle = (how: () => void): void => {
        this.#abandon.delete(abandon);
        how();
      };
      this.#abandon.add(abandon);
      if (this.#channel === undefined) {
        abandon();
        return;
      }
      this.#channel
        .push(event, body)
        .receive("ok", (reply: Reply) => settle(() => resolve(reply)))
        .receive("error", (reason: unknown) => settle(() => reject(channelProblem(reason))))
        .receive("timeout", abandon);
    });
  }

  #set(change: Partial<RoomState>): void {
    this.#become({ ...this.#state, ...change });
  }

  #become(state: RoomState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Sockets say `{code, reason}` where REST says problem+json. */
function channelProblem(body: unknown): Problem {
  const { code, reason, errors } = body as { code?: string; reason?: string; errors?: unknown };
  return problemOf({ code: code ?? "internal", detail: reason ?? "", errors }, 0);
}
