// Scores, durations and moments as people write them.
import { useMemo } from "react";
import { useLanguage, type Language } from "@/i18n/language";

type Value = number | string | boolean | null | undefined;
export type ScoreType = "number" | "duration";
type DataType = "integer" | "decimal" | "boolean" | "text" | "choice" | "duration";

const decimalMark: Record<Language, string> = { en: ".", de: "," };

/** An exact number, or a sum, in the language's notation; never through binary floats. */
function number(value: number | string, language: Language): string {
  return String(value).replaceAll("-", "−").replaceAll(".", decimalMark[language]);
}

/** Milliseconds as `1:05`, `1:00:05` or `0:02.5`. */
export function durationText(milliseconds: number): string {
  const total = Math.abs(milliseconds);
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor(total / 60_000) % 60;
  const seconds = Math.floor(total / 1000) % 60;
  const rest =
    total % 1000 === 0
      ? ""
      : `.${String(total % 1000)
          .padStart(3, "0")
          .replace(/0+$/, "")}`;
  const two = (part: number): string => String(part).padStart(2, "0");
  const clock = hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  return (milliseconds < 0 ? "−" : "") + clock + rest;
}

/** Reads what `durationText` writes, and plain seconds; null when it is neither. */
export function parseDuration(text: string): number | null {
  const match = /^([-−])?(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (match === null) return null;
  const [, sign, hours = "0", minutes = "0", seconds = "0", fraction = ""] = match;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return (sign === undefined ? 1 : -1) * (whole * 1000 + Number(fraction.padEnd(3, "0")));
}

interface Format {
  number: (value: number | string) => string;
  /** The name of a player, who may have been erased. */
  name: (name: string | null) => string;
  value: (value: Value, type: DataType) => string;
  /** A score or an average of scores. */
  score: (value: number | string | null, type: ScoreType) => string;
  /** Day and time; of other years the day alone. */
  day: (time: string) => string;
  /** A day without its time; a plain date such as `2026-01-31` is that day everywhere. */
  date: (time: string) => string;
  time: (time: string) => string;
  percent: (share: number) => string;
  /** Short names, from January and from Sunday on. */
  months: string[];
  weekdays: string[];
  list: (names: readonly string[]) => string;
  decimalMark: string;
}

export function useFormat(): Format {
  const { language, messages } = useLanguage();
  return useMemo(() => {
    // The browser's own flavour of the language writes dates as its person does.
    const locale = navigator.languages.find((each) => each.startsWith(language)) ?? language;
    const day = new Intl.DateTimeFormat(locale, {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
    });
    const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
    const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
    const month = new Intl.DateTimeFormat(locale, { month: "short" });
    const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
    const list = new Intl.ListFormat(locale, { type: "conjunction" });
    return {
      number: (value) => number(value, language),
      name: (name) => name ?? messages.people.somebody,
      value: (value, type) => {
        if (value === null || value === undefined) return "";
        if (typeof value === "boolean") return value ? messages.pad.yes : messages.pad.no;
        if (type === "duration") return durationText(Number(value));
        return type === "text" || type === "choice" ? String(value) : number(value, language);
      },
      score: (value, type) => {
        if (value === null) return "–";
        return type === "duration" ? durationText(Math.round(Number(value))) : number(value, language);
      },
      day: (text) => {
        const moment = new Date(text);
        const long = moment.getFullYear() !== new Date().getFullYear(); // else the year goes without saying
        return (long ? date : day).format(moment);
      },
      date: (moment) => date.format(new Date(moment.length === 10 ? `${moment}T00:00:00` : moment)),
      time: (moment) => time.format(new Date(moment)),
      months: Array.from({ length: 12 }, (_, at) => month.format(new Date(2026, at, 1))),
      weekdays: Array.from({ length: 7 }, (_, at) => weekday.format(new Date(2026, 1, 1 + at))), // a Sunday
      percent: (share) => percent.format(share),
      list: (names) => list.format(names),
      decimalMark: decimalMark[language],
    };
  }, [language, messages]);
}
