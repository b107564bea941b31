import { expect, test } from "vitest";
import { Problem } from "@/api/problem";
import { de } from "@/i18n/de";
import { en } from "@/i18n/en";
import { explain } from "@/ui/failure";
import { refusedFields } from "@/ui/refused";

const refusal = (field: string, message: string): Problem =>
  new Problem("invalid", `${field}: ${message}`, 400, [{ field, message }]);

test("a refused field is named as the form names it, with the reason in the language of the app", () => {
  const bounds = refusal("stats.0.minimum", "is above the maximum");
  expect(explain(bounds, en)).toEqual({
    what: "Something is not right yet",
    how: "What is counted 1, Minimum: Above the maximum",
  });
  expect(explain(bounds, de).how).toBe("Was gezählt wird 1, Minimum: Höher als das Maximum");
  const short = refusal("password", "needs 8 to 256 characters");
  expect(explain(short, de).how).toBe("Passwort: 8 bis 256 Zeichen");
  expect(refusedFields(short, en)).toEqual({ password: "8 to 256 characters" });
});

test("what nobody has foreseen is told as the server says it", () => {
  expect(explain(refusal("stats.1.icon", "must be an emoji"), en).how).toBe(
    "What is counted 2, icon: must be an emoji",
  );
  expect(refusedFields(new Error("other"), en)).toEqual({});
});
