import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { anonymous, answer } from "@/api/client";
import { Problem, Unreachable } from "@/api/problem";

const limited = (seconds: string): Response =>
  Response.json(
    { code: "rate_limited", detail: "too many" },
    { status: 429, headers: { "Retry-After": seconds } },
  );
const fine = (): Response => Response.json({ items: [] });

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => {
  fetched.mockReset();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("waits as long as it is told, then reads again", async () => {
  fetched.mockResolvedValueOnce(limited("2")).mockResolvedValueOnce(fine());
  const read = answer(anonymous.GET("/games"));

  await vi.advanceTimersByTimeAsync(1900);
  expect(fetched).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);

  expect(await read).toEqual({ items: [] });
});

it("shows the refusal when it would have to wait again, or for long", async () => {
  fetched.mockImplementation(() => Promise.resolve(limited("1")));
  const twice = expect(answer(anonymous.GET("/games"))).rejects.toBeInstanceOf(Problem);
  await vi.advanceTimersByTimeAsync(1000);
  await twice;
  expect(fetched).toHaveBeenCalledTimes(2);

  fetched.mockImplementation(() => Promise.resolve(limited("60")));
  await expect(answer(anonymous.GET("/games"))).rejects.toBeInstanceOf(Problem);
  expect(fetched).toHaveBeenCalledTimes(3);
});

it("never sends a write twice by itself", async () => {
  fetched.mockImplementation(() => Promise.resolve(limited("0")));
  const body = { display_name: "Ana" };

  await expect(answer(anonymous.POST("/auth/guest", { body }))).rejects.toMatchObject({
    code: "rate_limited",
  });

  expect(fetched).toHaveBeenCalledTimes(1);
});

it("waits for no answer for ever", async () => {
  fetched.mockImplementation(
    (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  );
  const read = expect(answer(anonymous.GET("/games"))).rejects.toBeInstanceOf(Unreachable);
  await vi.advanceTimersByTimeAsync(20_000);
  await read;
});

it("takes an answer that breaks off for none", async () => {
  const broken = new ReadableStream({
    start: (stream) => {
      stream.enqueue(new TextEncoder().encode('{"items": ['));
      stream.error(new TypeError("network error"));
    },
  });
  fetched.mockResolvedValue(new Response(broken, { headers: { "Content-Type": "application/json" } }));
  await expect(answer(anonymous.GET("/games"))).rejects.toBeInstanceOf(Unreachable);
});
