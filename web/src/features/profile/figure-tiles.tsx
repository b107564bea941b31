// Figures as tiles, each a link to its sessions.
import { Text } from "@mantine/core";
import { Link } from "react-router";
import type { Course, GameFigures, RecordFigures } from "@/api/types";
import { scorePage, sessionsPage, streakPage } from "@/features/profile/links";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import classes from "@/features/profile/profile.module.css";

interface TileProps {
  label: string;
  value: string;
  to: string;
  hint?: string;
}

function Tile({ label, value, to, hint }: TileProps) {
  return (
    <Link to={to} className={`sheet ${classes.tile}`}>
      <Text span size="sm" c="dimmed">
        {label}
      </Text>
      <Text span className={classes.figure}>
        {value}
      </Text>
      {hint !== undefined && (
        <Text span size="xs" c="dimmed">
          {hint}
        </Text>
      )}
    </Link>
  );
}

interface CourseTilesProps {
  course: Course;
  /** Those of the game, where the figures are of one. */
  records?: readonly RecordFigures[];
  hIndex?: number | null;
  withTies?: boolean;
}

export function CourseTiles({ course, records = [], hIndex = null, withTies = false }: CourseTilesProps) {
  const { profile } = useMessages();
  const format = useFormat();
  const all = sessionsPage(course.sessions);
  const outcome = (name: string): string => sessionsPage(course.sessions, { outcome: name });
  return (
    <div className={classes.tiles}>
      <Tile label={profile.played} value={format.number(course.played)} to={all} />
      <Tile label={profile.won} value={format.number(course.won)} to={outcome("won")} />
      <Tile label={profile.lost} value={format.number(course.lost)} to={outcome("lost")} />
      {withTies && <Tile label={profile.tied} value={format.number(course.tied)} to={outcome("tied")} />}
      {course.win_rate !== null && (
        <Tile label={profile.winRate} value={format.percent(course.win_rate)} to={all} />
      )}
      <Tile label={profile.streak} value={format.number(course.current_streak)} to={outcome("won")} />
      <Tile
        label={profile.longest}
        value={format.number(course.longest_streak)}
        to={streakPage(records, course.longest_streak, course.sessions)}
      />
      {hIndex !== null && (
        <Tile
          label={profile.hIndex}
          value={format.number(hIndex)}
          hint={profile.hIndexHint(hIndex)}
          to={all}
        />
      )}
      <Tile label={profile.playtime} value={playtime(course.playtime, profile)} to={all} />
    </div>
  );
}

interface ScoreTilesProps {
  scored: Pick<GameFigures, "score_type" | "best" | "average" | "worst" | "sessions">;
  records: readonly RecordFigures[];
}

export function ScoreTiles({ scored, records }: ScoreTilesProps) {
  const { profile } = useMessages();
  const format = useFormat();
  const of = (value: number | string | null): string => scorePage(records, value, scored.sessions);
  const score = (value: number | string | null): string => format.score(value, scored.score_type);
  if (scored.best === null) return null;
  return (
    <div className={classes.tiles}>
      <Tile label={profile.best} value={score(scored.best)} to={of(scored.best)} />
      <Tile label={profile.average} value={score(scored.average)} to={sessionsPage(scored.sessions)} />
      <Tile label={profile.worst} value={score(scored.worst)} to={of(scored.worst)} />
    </div>
  );
}

const MINUTE = 60_000; // milliseconds

function playtime(
  milliseconds: number,
  words: { hours: (text: string) => string; minutes: (text: string) => string },
): string {
  const minutes = Math.round(milliseconds / MINUTE);
  return minutes < 120 ? words.minutes(String(minutes)) : words.hours(String(Math.round(minutes / 60)));
}
