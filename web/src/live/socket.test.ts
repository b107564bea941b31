import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tokens } from "@/api/client";
import type { SignIn } from "@/api/types";
import { liveSocket } from "@/live/socket";

const ana = { id: "ana", display_name: "Ana" } as SignIn["player"];
const connecting = vi.fn();

class NobodyThere {
  readonly CONNECTING = 0;
  readyState = 3;
  onclose: (close: { code: number }) => void = () => undefined;

  constructor() {
    connecting();
    queueMicrotask(() => this.readyState === 3 && this.onclose({ code: 1006 }));
  }

  close(): void {}
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", NobodyThere);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

class Silent extends NobodyThere {
  override close(): void {
    this.readyState = 3;
    this.onclose({ code: 1006 });
  }

  constructor() {
    super();
    this.readyState = 0;
  }
}

beforeEach(() => connecting.mockClear());

test("tries again when a handshake is not answered", async () => {
  vi.stubGlobal("WebSocket", Silent);
  tokens.keep({ access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 3600, player: ana });
  await liveSocket(ana.id);
  await vi.advanceTimersByTimeAsync(9000);
  expect(connecting).toHaveBeenCalledTimes(1);

  await vi.advanceTimersByTimeAsync(2000);
  expect(connecting).toHaveBeenCalledTimes(2);
  tokens.forget();
});

test("tries again until nobody is signed in any more", async () => {
  tokens.keep({ access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 3600, player: ana });
  await expect(liveSocket("ben")).rejects.toThrow("somebody else");
  await liveSocket(ana.id);
  await vi.advanceTimersByTimeAsync(1000);
  const tried = connecting.mock.calls.length;
  expect(tried).toBeGreaterThan(1);

  tokens.forget();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(connecting).toHaveBeenCalledTimes(tried);
});
