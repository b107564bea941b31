import { expect, test } from "vitest";
import { asked, dayOf, filtersOf } from "@/features/history/filters";

test("the address is read by known names only, and without empty ones", () => {
  const address = new URLSearchParams("q=go&limit=5&status=&outcome=won&cursor=x");
  expect(filtersOf(address)).toEqual({ q: "go", outcome: "won" });
});

test("days are those of this device, and the last one is included", () => {
  const whole = asked({ from: "2026-03-28", to: "2026-03-29" });
  expect(whole.from).toBe(new Date("2026-03-28T00:00:00").toISOString());
  expect(whole.to).toBe(new Date("2026-03-30T00:00:00").toISOString());
});

test("moments from a link are passed on as they are, and shown as their days", () => {
  const moment = "2026-03-29T00:00:00+01:00";
  expect(asked({ from: moment, to: moment })).toEqual({ from: moment, to: moment });
  expect(dayOf(new Date(2026, 2, 29).toISOString())).toBe("2026-03-29");
  expect(dayOf(new Date(2026, 2, 30).toISOString(), "end")).toBe("2026-03-29");
  expect(dayOf(new Date(2026, 2, 30, 21).toISOString(), "end")).toBe("2026-03-30");
  expect(dayOf("nonsense")).toBe("");
});
