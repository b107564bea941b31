import { expect, test } from "vitest";
import type { RecordFigures } from "@/api/types";
import { scorePage, sessionsPage, streakPage } from "@/features/profile/links";

test("a list of the API is shown by the history's page, with the same filters and more", () => {
  const path = "/api/v1/sessions/history?player_id=p&mode=solo";
  expect(sessionsPage(path)).toBe("/history?player_id=p&mode=solo");
  expect(sessionsPage(path, { outcome: "won", mode: "competitive" })).toBe(
    "/history?player_id=p&mode=competitive&outcome=won",
  );
});

const records = (
  [
    ["highest_score", "9.5", "2026-03-02T20:00:00.000000Z"],
    ["lowest_score", "2", "2026-03-09T20:00:00.000000Z"],
    ["longest_session", 2, "2026-03-09T20:00:00.000000Z"],
    ["longest_streak", 3, "2026-03-23T20:00:00.123456Z"],
  ] as const
).map(([record, value, at]): RecordFigures => ({
  record,
  value,
  at,
  first_at: "2026-03-02T20:00:00.654321Z",
  session_id: record,
  first_session_id: "first",
}));
const path = "/api/v1/sessions/history?player_id=p";

test("a best or worst score leads to its session, or to all where that is not known", () => {
  expect(scorePage(records, "9.50", path)).toBe("/s/highest_score");
  expect(scorePage(records, 2, path)).toBe("/s/lowest_score");
  expect(scorePage(records, 4, path)).toBe("/history?player_id=p");
  expect(scorePage(records, null, path)).toBe("/history?player_id=p");
});

test("the longest streak leads to its own sessions, from the first to the last", () => {
  const address = new URLSearchParams(streakPage(records, 3, path).split("?")[1]);
  expect(Object.fromEntries(address)).toEqual({
    player_id: "p",
    outcome: "won",
    from: "2026-03-02T20:00:00.654321Z",
    to: "2026-03-23T20:00:00.124Z",
  });
  expect(streakPage(records, 4, path)).toBe("/history?player_id=p&outcome=won");
});
