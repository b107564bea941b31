import { expect, test } from "vitest";
import { sessionsPage } from "@/features/profile/links";

test("a list of the API is shown by the history's page, with the same filters and more", () => {
  const path = "/api/v1/sessions/history?player_id=p&mode=solo";
  expect(sessionsPage(path)).toBe("/history?player_id=p&mode=solo");
  expect(sessionsPage(path, { outcome: "won", mode: "competitive" })).toBe(
    "/history?player_id=p&mode=competitive&outcome=won",
  );
});
