// Who is signed in on this device: tokens shared by all tabs and renewed by one request at a time.
import { Problem } from "@/api/problem";
import type { Player, SignIn } from "@/api/types";

const KEY = "tallybook.sign-in";
const ENDED = "tallybook.ended";
const RENEW_AT = 0.9; // of the life of an access token

interface Kept {
  access: string;
  refresh: string;
  renewAt: number;
  player: Player;
}

/** Runs `task` while no other tab runs one. */
export type Exclusively = <T>(task: () => Promise<T>) => Promise<T>;

/** Tabs exclude each other by a Web Lock, which browsers offer in secure contexts only. */
const acrossTabs: Exclusively = async (task) =>
  "locks" in navigator ? await navigator.locks.request(KEY, task) : await task();

export class Tokens {
  #kept: Kept | null = null;
  #raw: string | null = null;
  #renewal: Promise<Kept | null> | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly storage: Storage,
    private readonly renew: (refreshToken: string) => Promise<SignIn>,
    private readonly exclusively: Exclusively = acrossTabs,
  ) {
    addEventListener("storage", (change) => {
      if (change.key === KEY || change.key === null) this.#tell();
    });
  }

  /** What is kept now, by whichever tab; the same object as long as it has not changed. */
  current = (): Kept | null => {
    const raw = this.storage.getItem(KEY);
    if (raw !== this.#raw) {
      this.#raw = raw;
      this.#kept = raw === null ? null : (JSON.parse(raw) as Kept);
    }
    return this.#kept;
  };

  /** The username whose sign-in the server has ended, empty for a guest's; null when nobody's was. */
  ended = (): string | null => this.storage.getItem(ENDED);

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  keep(signIn: SignIn): Kept {
    const kept: Kept = {
      access: signIn.access_token,
      refresh: signIn.refresh_token,
      renewAt: Date.now() + signIn.expires_in * 1000 * RENEW_AT,
      player: signIn.player,
    };
    this.storage.removeItem(ENDED);
    this.storage.setItem(KEY, JSON.stringify(kept));
    this.#tell();
    return kept;
  }

  /** The player as it is now, under the same tokens. */
  rename(player: Player): void {
    const kept = this.current();
    if (kept === null) return;
    this.storage.setItem(KEY, JSON.stringify({ ...kept, player }));
    this.#tell();
  }

  /** Sign out, oneself. */
  forget(): void {
    this.storage.removeItem(ENDED);
    this.storage.removeItem(KEY);
    this.#tell();
  }

  /** Tokens that should work: not about to end, and not those with `refused` as access token. */
  async usable(refused?: string): Promise<Kept | null> {
    const kept = this.current();
    if (kept === null || this.#works(kept, refused)) return kept;
    this.#renewal ??= this.exclusively(() => this.#renewed(refused)).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewed(refused: string | undefined): Promise<Kept | null> {
    const kept = this.current(); // another tab may have renewed them while this one waited
    if (kept === null || this.#works(kept, refused)) return kept;
    try {
      return this.keep(await this.renew(kept.refresh));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      const now = this.current();
      if (now?.refresh !== kept.refresh) return now; // renewed meanwhile by a tab without locks
      this.storage.setItem(ENDED, kept.player.username ?? "");
      this.storage.removeItem(KEY);
      this.#tell();
      return null;
    }
  }

  #works(kept: Kept, refused: string | undefined): boolean {
    return kept.access !== refused && kept.renewAt > Date.now();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
