import { describe, expect, test } from "vitest";
import { parseSum, pressed, type Key } from "@/ui/sum";

describe("the sum on the number pad", () => {
  test.each([
    ["7", "7"],
    ["12+11+7", "30"],
    ["12-20", "-8"],
    ["-5+-3", null],
    ["−5", "-5"],
    ["12+", "12"],
    ["+", null],
    ["-", null],
    ["", null],
    ["1.5", null],
    ["007", "7"],
  ])("%j in whole numbers is %j", (typed, sum) => {
    expect(parseSum(typed, false)).toBe(sum);
  });

  test.each([
    ["0.1+0.2", "0.3"],
    ["1,5+2.25", "3.75"],
    ["2.50-2,5", "0"],
    ["-.5", "-0.5"],
    ["1.", "1"],
    ["1.2.3", null],
    ["9007199254740993+0.5", "9007199254740993.5"],
  ])("%j in decimals is exactly %j", (typed, sum) => {
    expect(parseSum(typed, true)).toBe(sum);
  });
});

test.each<[string, Key[], string]>([
  ["digits follow each other", ["1", "2"], "12"],
  ["a leading zero gives way", ["0", "7"], "7"],
  ["the sign turns the last number only", ["1", "2", "+", "7", "sign"], "12-7"],
  ["the sign turns back", ["7", "sign", "sign"], "7"],
  ["a second plus changes nothing", ["7", "+", "+", "1"], "7+1"],
  ["a minus replaces an open plus", ["7", "+", "-", "1"], "7-1"],
  ["a second point changes nothing", [".", "5", ".", "5"], "0.55"],
  ["back deletes one character", ["1", "+", "back"], "1"],
])("on the pad %s", (_, keys, text) => {
  expect(keys.reduce((typed, key) => pressed(typed, key, true), "")).toBe(text);
});
