// Games by their ids: those that a page asks for at the same time come with one answer.
import { answer, api } from "@/api/client";
import type { Game } from "@/api/types";

const AT_ONCE = 100;

interface Asked {
  id: string;
  resolve: (game: Game | Promise<Game>) => void;
  reject: (error: unknown) => void;
}

let asked: Asked[] = [];

export function readGame(id: string): Promise<Game> {
  return new Promise((resolve, reject) => {
    if (asked.length === 0) setTimeout(readAll, 0);
    asked.push({ id, resolve, reject });
  });
}

function readAll(): void {
  const all = asked;
  asked = [];
  for (let at = 0; at < all.length; at += AT_ONCE) void readSome(all.slice(at, at + AT_ONCE));
}

async function readSome(some: readonly Asked[]): Promise<void> {
  try {
    const ids = some.map(({ id }) => id);
    const query = { ids, limit: AT_ONCE };
    const found = ids.length === 1 ? [] : (await answer(api.GET("/games", { params: { query } }))).items;
    const games = new Map(found.map((game) => [game.id, game]));
    for (const { id, resolve } of some) resolve(games.get(id) ?? readOne(id)); // which says why there is none
  } catch (error) {
    for (const { reject } of some) reject(error);
  }
}

const readOne = (id: string): Promise<Game> => answer(api.GET("/games/{id}", { params: { path: { id } } }));
