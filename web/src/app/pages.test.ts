import { expect, test, vi } from "vitest";
import { oneByOne } from "@/app/pages";

test("pages are loaded ahead one at a time, whatever becomes of one of them", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const begun: number[] = [];
  let arrive = (): void => undefined;
  const first = new Promise<void>((resolve) => (arrive = resolve));
  const load = (number: number, comes: () => Promise<unknown>) => (): Promise<unknown> => {
    begun.push(number);
    return comes();
  };
  const all = oneByOne([
    load(1, () => first),
    load(2, () => Promise.reject(new Error("away"))),
    load(3, () => Promise.resolve()),
  ]);
  await vi.waitFor(() => expect(begun).not.toEqual([]));
  expect(begun).toEqual([1]);
  arrive();
  await all;
  expect(begun).toEqual([1, 2, 3]);
  expect(warned).toHaveBeenCalledOnce();
});
