// The one way to the REST API: signs requests, renews tokens, turns refusals into errors.
import createClient from "openapi-fetch";
import { newCommandId } from "@/api/command-id";
import { problemOf, Unreachable } from "@/api/problem";
import type { paths } from "@/api/schema";
import { Tokens } from "@/api/tokens";
import type { SignIn } from "@/api/types";

const BASE = "/api/v1";

// Call sites name paths below the base, whether or not the generated document spells it out.
type Paths = { [P in keyof paths as P extends `${typeof BASE}${infer Rest}` ? Rest : P]: paths[P] };

const LONGEST_WAIT = 10; // seconds
const BEGINS_MS = 15_000;
const ENDS_MS = 60_000; // on a slow network a large answer takes its time

/** The whole answer; one that does not begin or does not end in time is none, nor is one that breaks off. */
async function once(request: Request): Promise<Response> {
  const patience = new AbortController();
  let timer = setTimeout(() => patience.abort(), BEGINS_MS);
  try {
    const response = await fetch(request, { signal: patience.signal });
    clearTimeout(timer);
    timer = setTimeout(() => patience.abort(), ENDS_MS);
    const body = await response.blob();
    return new Response(body.size === 0 ? null : body, response);
  } catch (error) {
    throw new Unreachable(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Who reads faster than the server allows waits a moment, rather than being told so. */
async function reach(request: Request): Promise<Response> {
  const response = await once(request);
  if (response.status !== 429 || request.method !== "GET") return response;
  const wait = Number(response.headers.get("Retry-After") ?? Infinity);
  if (!(wait <= LONGEST_WAIT)) return response;
  await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  return once(request);
}

let renewal = { token: "", key: "" }; // an answer that was lost may be asked for again under its key

async function renew(refreshToken: string): Promise<SignIn> {
  if (renewal.token !== refreshToken) renewal = { token: refreshToken, key: newCommandId() };
  const response = await reach(
    new Request(`${location.origin}${BASE}/auth/refresh`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": renewal.key },
      body: JSON.stringify({ refresh_token: refreshToken }),
    }),
  );
  // A refusal may come from a proxy on the way, in whatever words.
  if (!response.ok) throw problemOf(await response.json().catch(() => null), response.status);
  return (await response.json()) as SignIn;
}

export const tokens = new Tokens(localStorage, renew);

let skew = 0;

/** Now by the server's clock, as its last answer told; phones are sometimes minutes off. */
export function serverNow(): Date {
  return new Date(Date.now() + skew);
}

async function signed(request: Request): Promise<Response> {
  const send = (access: string): Promise<Response> => {
    const copy = request.clone();
    copy.headers.set("Authorization", `Bearer ${access}`);
    return reach(copy);
  };
  const kept = await tokens.usable();
  if (kept === null) return reach(request);
  let response = await send(kept.access);
  if (response.status === 401) {
    const renewed = await tokens.usable(kept.access);
    if (renewed !== null) response = await send(renewed.access);
  }
  const date = response.headers.get("Date");
  if (date !== null) skew = Date.parse(date) - Date.now();
  return response;
}

/** Signs every request with the caller's token. */
export const api = createClient<Paths>({ baseUrl: `${location.origin}${BASE}`, fetch: signed });

/** For getting a token: sends none, so that a wrong password is not taken for an expired token. */
export const anonymous = createClient<Paths>({ baseUrl: `${location.origin}${BASE}`, fetch: reach });

/** The data of an answer; a refusal is thrown as a `Problem`. */
export async function answer<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(error, response.status);
  return data as Data; // undefined only where the answer has no body, and then that is its type
}
