import { expect, test } from "vitest";
import { emptyDraft, statOf, type StatDraft } from "@/features/games/stat-draft";

const points = emptyDraft(0, "Points");
const time: StatDraft = { ...emptyDraft(1, "Time"), data_type: "duration" };

const scoring = (...drafts: StatDraft[]): (boolean | undefined)[] =>
  drafts.map((draft) => statOf(draft, drafts).scoring);

test("the first stat counts, and a further one only if somebody says so", () => {
  const bonus = emptyDraft(1, "Bonus");
  expect(scoring(points, bonus)).toEqual([true, false]);
  expect(scoring(points, { ...bonus, scoring: true })).toEqual([true, true]);
  expect(scoring({ ...points, scoring: false }, bonus)).toEqual([false, false]);
});

test("a time does not count beside anything that can be added up, wherever it stands", () => {
  expect(scoring(points, time)).toEqual([true, false]);
  expect(scoring(time, { ...points, id: 2 })).toEqual([false, true]);
  expect(scoring(points, { ...time, scoring: true })).toEqual([true, true]);
});

test("a time counts where nothing else can", () => {
  expect(scoring(time)).toEqual([true]);
  expect(scoring({ ...points, data_type: "text" }, time)).toEqual([false, true]);
  expect(scoring({ ...points, scope: "table" }, time)).toEqual([false, true]);
});
