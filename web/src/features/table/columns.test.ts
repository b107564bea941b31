import { expect, test } from "vitest";
import type { Session } from "@/api/types";
import { scoreTypeOf } from "@/features/table/columns";

test("totals are times where nothing but times is added up for a seat", () => {
  const of = (...stats: [type: string, scoring: boolean, scope: string][]): string =>
    scoreTypeOf({
      stats: stats.map(([data_type, scoring, scope]) => ({ data_type, scoring, scope })),
    } as unknown as Session);
  expect(of(["duration", true, "player"], ["integer", false, "player"])).toBe("duration");
  expect(of(["duration", true, "player"], ["integer", true, "player"])).toBe("number");
  expect(of(["duration", true, "table"])).toBe("number");
});
