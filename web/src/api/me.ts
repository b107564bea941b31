// The person using the app: entering, leaving, and who it is.
import { useSyncExternalStore } from "react";
import { anonymous, answer, api, tokens } from "@/api/client";
import type { Player } from "@/api/types";

/** The signed-in player, or null; follows what other tabs do. */
export function useMe(): Player | null {
  return useSyncExternalStore(tokens.subscribe, tokens.current)?.player ?? null;
}

/** The username whose sign-in has ended without being asked to, empty for a guest's; else null. */
export function useEnded(): string | null {
  return useSyncExternalStore(tokens.subscribe, tokens.ended);
}

export async function enterAsGuest(displayName: string): Promise<void> {
  tokens.keep(await answer(anonymous.POST("/auth/guest", { body: { display_name: displayName } })));
}

export async function signIn(username: string, password: string): Promise<void> {
  tokens.keep(await answer(anonymous.POST("/auth/login", { body: { username, password } })));
}

/** With a guest's token the guest becomes the account and keeps the history. */
export async function register(
  username: string,
  password: string,
  displayName: string,
  commandId: string,
): Promise<void> {
  const body = { username, password, ...(displayName === "" ? {} : { display_name: displayName }) };
  const params = { header: { "Idempotency-Key": commandId } };
  const signedIn = await answer(api.POST("/auth/register", { body, params }));
  const before = tokens.current()?.access;
  tokens.keep(signedIn);
  if (before !== undefined) await endGuest(before);
}

/** The guest's sign-in would stay, as a device that nobody knows. By itself it ends later, if it must. */
async function endGuest(access: string): Promise<void> {
  try {
    await answer(anonymous.POST("/auth/logout", { headers: { Authorization: `Bearer ${access}` } }));
  } catch (error) {
    console.warn("the guest's sign-in stays until it is too old", error);
  }
}

export async function signOut(): Promise<void> {
  try {
    await answer(api.POST("/auth/logout"));
  } finally {
    tokens.forget();
  }
}

/** What is shown of oneself follows a changed profile at once. */
export function rename(player: Player): void {
  tokens.rename(player);
}

/** Be forgotten by the server; afterwards nobody is signed in here. */
export async function erase(password: string): Promise<void> {
  await answer(api.DELETE("/players/me", { body: password === "" ? {} : { password } }));
  tokens.forget();
}
