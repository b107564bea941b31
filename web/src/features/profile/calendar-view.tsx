// A year of days, the darker the more was played; a day leads to its sessions.
import { Anchor, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { calendarQuery } from "@/api/queries";
import { sessionsPage } from "@/features/profile/links";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import classes from "@/features/profile/profile.module.css";

const YearMap = lazy(() => import("@/features/profile/year-map"));

export function CalendarView({ id }: { id: string }) {
  const { profile } = useMessages();
  const format = useFormat();
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const calendar = useQuery(calendarQuery(id, timeZone));
  if (calendar.isLoadingError)
    return <Failure error={calendar.error} retry={() => void calendar.refetch()} />;
  const waiting = <Skeleton height={150} />;
  if (calendar.data === undefined) return waiting;
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {profile.calendarHint}
      </Text>
      <Suspense fallback={waiting}>
        <YearMap calendar={calendar.data} />
      </Suspense>
      {calendar.data.days.length > 0 && (
        <details>
          <summary>{profile.table}</summary>
          <ul className={classes.days}>
            {calendar.data.days.toReversed().map(({ day, played, sessions }) => (
              <li key={day}>
                <Anchor component={Link} to={sessionsPage(sessions)}>
                  {profile.onDay(format.date(day), played)}
                </Anchor>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Stack>
  );
}
