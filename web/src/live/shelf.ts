// Where writes that are not sent yet outlive their page: on the device, apart for each person and table.
import { newCommandId } from "@/api/command-id";
import type { Entry } from "@/live/outbox";

const MARK = "tallybook.unsent";

/**
 * Every page writes under a name of its own. A page that opens the table takes over what it finds under the names
 * of others, so that what pages left that are gone is sent, and by one page only.
 */
export class Shelf {
  readonly #table: string;
  readonly #own: string;
  #kept = false;

  constructor(
    playerId: string,
    tableKey: string,
    private readonly storage: Storage = localStorage,
  ) {
    this.#table = `${MARK} ${playerId} ${tableKey} `;
    this.#own = this.#table + newCommandId();
  }

  /** What other pages have not sent, the oldest first. It is this page's from here on. */
  take(): Entry[] {
    const names = Array.from({ length: this.storage.length }, (_, at) => this.storage.key(at) ?? "");
    const found = names
      .filter((name) => name.startsWith(this.#table) && name !== this.#own)
      .flatMap((name) => {
        const text = this.storage.getItem(name);
        this.storage.removeItem(name);
        return entriesIn(text);
      });
    return found.sort((a, b) => a.madeAt - b.madeAt);
  }

  /** Whether another page has taken what this one kept. */
  get taken(): boolean {
    return this.#kept && this.storage.getItem(this.#own) === null;
  }

  keep(entries: readonly Entry[]): void {
    const unsent = entries.filter((entry) => entry.index === undefined);
    this.#kept = false;
    try {
      if (unsent.length === 0) {
        this.storage.removeItem(this.#own);
      } else {
        this.storage.setItem(this.#own, JSON.stringify(unsent));
        this.#kept = true;
      }
    } catch (error) {
      console.warn("the device keeps nothing more; what is not sent lasts as long as the page", error);
    }
  }
}

/** What can be read of a text that anything may have written. */
function entriesIn(text: string | null): Entry[] {
  try {
    const list = JSON.parse(text ?? "") as unknown;
    return Array.isArray(list) ? list.filter(isEntry) : [];
  } catch {
    return []; // cut short, or another version's
  }
}

function isEntry(thing: unknown): thing is Entry {
  const { id, command, madeAt } = (thing ?? {}) as Partial<Record<keyof Entry, unknown>>;
  const event = (command as { event?: unknown } | null | undefined)?.event;
  return typeof id === "string" && typeof madeAt === "number" && typeof event === "string";
}

/** The tables at which somebody left something unsent. */
export function tablesLeft(playerId: string, storage: Storage = localStorage): string[] {
  const names = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
  const mine = names.filter((name) => name.startsWith(`${MARK} ${playerId} `));
  return [...new Set(mine.flatMap((name) => name.split(" ")[2] ?? []))];
}
