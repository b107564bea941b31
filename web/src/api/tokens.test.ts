import { beforeEach, describe, expect, test, vi } from "vitest";
import { Problem, Unreachable } from "@/api/problem";
import { Tokens, type Exclusively } from "@/api/tokens";
import type { SignIn } from "@/api/types";

const signIn = (name: string, expires_in = 3600): SignIn => ({
  access_token: `access ${name}`,
  refresh_token: `refresh ${name}`,
  token_type: "Bearer",
  expires_in,
  player: { id: "ana", display_name: "Ana", username: "ana" } as SignIn["player"],
});

const alone: Exclusively = (task) => task();

beforeEach(() => localStorage.clear());

describe("tokens", () => {
  test("are used as they are while they last", async () => {
    const renew = vi.fn(() => Promise.resolve(signIn("new")));
    const tokens = new Tokens(localStorage, renew, alone);
    tokens.keep(signIn("old"));
    expect((await tokens.usable())?.access).toBe("access old");
    expect(renew).not.toHaveBeenCalled();
  });

  test("about to end are renewed once for everybody who asks", async () => {
    const renew = vi.fn(() => Promise.resolve(signIn("new")));
    const tokens = new Tokens(localStorage, renew, alone);
    tokens.keep(signIn("old", 0));
    const got = await Promise.all([tokens.usable(), tokens.usable("access old"), tokens.usable()]);
    expect(got.map((kept) => kept?.access)).toEqual(["access new", "access new", "access new"]);
    expect(renew).toHaveBeenCalledExactlyOnceWith("refresh old");
  });

  test("renewed by another tab meanwhile are taken over, so that no refresh token is used twice", async () => {
    const renew = vi.fn(() => Promise.resolve(signIn("mine")));
    const otherTab = new Tokens(localStorage, renew, alone);
    const behindOtherTab: Exclusively = (task) => {
      otherTab.keep(signIn("theirs"));
      return task();
    };
    const tokens = new Tokens(localStorage, renew, behindOtherTab);
    tokens.keep(signIn("old"));
    expect((await tokens.usable("access old"))?.access).toBe("access theirs");
    expect(renew).not.toHaveBeenCalled();
  });

  test("that can no longer be renewed end the sign-in", async () => {
    const tokens = new Tokens(
      localStorage,
      () => Promise.reject(new Problem("invalid_token", "", 401)),
      alone,
    );
    const told = vi.fn();
    tokens.keep(signIn("old", 0));
    tokens.subscribe(told);
    expect(await tokens.usable()).toBeNull();
    expect(tokens.current()).toBeNull();
    expect(told).toHaveBeenCalledOnce();
  });

  test("remember whose sign-in the server ended, until somebody is signed in or out", async () => {
    const refusal = new Problem("invalid_token", "", 401);
    const tokens = new Tokens(localStorage, () => Promise.reject(refusal), alone);
    const endedByServer = async (): Promise<void> => {
      tokens.keep(signIn("old", 0));
      expect(tokens.ended()).toBeNull();
      await tokens.usable();
      expect(tokens.ended()).toBe("ana");
    };
    await endedByServer();
    await endedByServer();
    tokens.forget();
    expect(tokens.ended()).toBeNull();
  });

  test("survive a server that cannot be reached", async () => {
    const tokens = new Tokens(localStorage, () => Promise.reject(new Unreachable()), alone);
    tokens.keep(signIn("old", 0));
    await expect(tokens.usable()).rejects.toThrow(Unreachable);
    expect(tokens.current()?.refresh).toBe("refresh old");
  });
});
