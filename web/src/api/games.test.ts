import { afterEach, expect, test, vi } from "vitest";
import { readGame } from "@/api/games";

const game = (id: string) => ({ id, name: `Game ${id}` });

/** A server with these games, and the paths it was asked for. */
function serving(...ids: string[]): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    const { pathname, search, searchParams } = new URL(request.url);
    asked.push(pathname.replace(/^.*v1/, "") + search);
    const wanted = searchParams.getAll("ids");
    const one = pathname.split("/").pop() ?? "";
    if (wanted.length > 0) {
      return Promise.resolve(
        Response.json({ items: wanted.filter((id) => ids.includes(id)).map(game), next_cursor: null }),
      );
    }
    const missing = { type: "x", title: "x", status: 404, code: "not_found", detail: "" };
    return Promise.resolve(
      ids.includes(one) ? Response.json(game(one)) : Response.json(missing, { status: 404 }),
    );
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

test("games asked for at the same time come with one answer", async () => {
  const asked = serving("a", "b", "c");
  const found = await Promise.all(["a", "b", "c"].map(readGame));
  expect(found.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(asked).toEqual(["/games?ids=a&ids=b&ids=c&limit=100"]);
});

test("a single one is asked for by itself, and one that is not there says why", async () => {
  const asked = serving("a");
  await readGame("a");
  const [there, missing] = await Promise.allSettled([readGame("a"), readGame("x")]);
  expect(there.status).toBe("fulfilled");
  expect(missing).toMatchObject({ status: "rejected", reason: { code: "not_found" } });
  expect(asked).toEqual(["/games/a", "/games?ids=a&ids=x&limit=100", "/games/x"]);
});

test("more than one answer holds are asked for in parts", async () => {
  const ids = Array.from({ length: 150 }, (_, at) => String(at));
  const asked = serving(...ids);
  expect(await Promise.all(ids.map(readGame))).toHaveLength(150);
  expect(asked).toHaveLength(2);
});
