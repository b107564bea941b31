// The heat map of a calendar; whoever does not use a pointer has the list below it.
import { Heatmap } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import type { Calendar } from "@/api/types";
import { sessionsPage } from "@/features/profile/links";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import classes from "@/features/profile/profile.module.css";

const SHADES = ["teal-3", "teal-5", "teal-7", "teal-9"].map((shade) => `var(--mantine-color-${shade})`);

export default function YearMap({ calendar }: { calendar: Calendar }) {
  const { profile } = useMessages();
  const format = useFormat();
  const navigate = useNavigate();
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const box = useRef<HTMLDivElement>(null);
  const days = new Map(calendar.days.map((each) => [each.day, each]));
  useEffect(() => {
    if (box.current) box.current.scrollLeft = box.current.scrollWidth; // today is at the end
  }, []);
  return (
    <div ref={box} className={`sheet ${classes.year}`} aria-hidden>
      <Heatmap
        data={Object.fromEntries(calendar.days.map(({ day, played }) => [day, played]))}
        startDate={calendar.from}
        endDate={calendar.to}
        withMonthLabels
        withWeekdayLabels
        monthLabels={format.months}
        weekdayLabels={format.weekdays}
        withOutsideDates={false}
        rectSize={13}
        rectRadius={3}
        gap={3}
        colors={dark ? SHADES.toReversed() : SHADES}
        withTooltip
        getTooltipLabel={({ date, value }) => profile.onDay(format.date(date), value ?? 0)}
        getRectProps={({ date }) => {
          const day = days.get(date);
          return day === undefined
            ? {}
            : { className: classes.day, onClick: () => void navigate(sessionsPage(day.sessions)) };
        }}
      />
    </div>
  );
}
