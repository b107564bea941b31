import { expect, test } from "vitest";
import {
  emptyDraft,
  errorsOf,
  playersErrors,
  statOf,
  type DraftErrors,
  type StatDraft,
} from "@/features/games/stat-draft";
import { en } from "@/i18n/en";

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

const wrong = (part: Partial<StatDraft>, ...others: StatDraft[]): DraftErrors => {
  const draft = { ...points, ...part };
  return errorsOf(draft, [draft, ...others], en.games);
};

test("what the server would refuse is wrong before it is sent", () => {
  expect(wrong({ name: "TIME" }, time)).toEqual({ name: en.games.twice });
  expect(wrong({ minimum: "5", maximum: "-5" })).toEqual({ minimum: en.games.aboveMaximum });
  expect(wrong({ data_type: "decimal", minimum: "0.2", maximum: "0.1" })).toEqual({
    minimum: en.games.aboveMaximum,
  });
  expect(wrong({ minimum: "-5", maximum: "5", step: "5" })).toEqual({});
  expect(wrong({ step: "0" })).toEqual({ step: en.games.stepTooSmall });
  expect(wrong({ maximum: "9007199254740992" })).toEqual({ maximum: en.games.badNumber });
  expect(wrong({ data_type: "decimal", step: "0.0000000001" })).toEqual({ step: en.games.badNumber });
  expect(wrong({ data_type: "choice", choices: "Red, red" })).toEqual({ choices: en.games.needsChoices });
  expect(wrong({ data_type: "choice", choices: "Red, Blue, red" })).toEqual({});
  expect(playersErrors(5, 3, en.games)).toEqual({ fewest: en.games.aboveMost });
  expect(playersErrors("", 500, en.games)).toEqual({ most: en.games.playersRange });
  expect(playersErrors(2, 2, en.games)).toEqual({});
});
