// A session's course: stepped through, played back, and every step in words.
import { ActionIcon, Group, Slider, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Session, Stat, Step, Timeline } from "@/api/types";
import { boardAt } from "@/features/table/course";
import { ScoreGrid } from "@/features/table/score-grid";
import { useFormat, type ScoreType } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { announce } from "@/ui/announcer";
import { Icon } from "@/ui/icons";
import list from "@/ui/list.module.css";
import classes from "@/features/table/course.module.css";

const PACE = 700; // milliseconds for a step when it is played back

interface CourseViewProps {
  session: Session;
  timeline: Timeline;
  stat: Stat;
  withOverall: boolean;
  scoreType: ScoreType;
  competitive: boolean;
}

export function CourseView({ session, timeline, stat, ...shown }: CourseViewProps) {
  const { session: words } = useMessages();
  const say = useWords(session, timeline);
  const { steps } = timeline;
  const [at, setAt] = useState(steps.length);
  const [running, setRunning] = useState(false);
  const playing = running && at < steps.length;
  useEffect(() => {
    if (!playing) return;
    const next = setTimeout(() => setAt(at + 1), PACE);
    return () => clearTimeout(next);
  }, [playing, at]);
  const current = steps[at - 1];
  const go = (next: number): void => {
    setRunning(false);
    setAt(next);
    const step = steps[next - 1];
    if (step !== undefined) announce(say(step));
  };
  const play = (): void => {
    if (at >= steps.length) setAt(1);
    setRunning(!playing);
  };
  const button = (icon: Parameters<typeof Icon>[0]["name"], label: string, next: number) => {
    const idle = next < 1 || next > steps.length || next === at;
    return (
      <ActionIcon
        size="xl"
        variant="default"
        aria-label={label}
        aria-disabled={idle} // it keeps the focus of whoever pressed it until there was no further step
        data-disabled={idle || undefined}
        onClick={() => !idle && go(next)}
      >
        <Icon name={icon} />
      </ActionIcon>
    );
  };

  return (
    <Stack>
      <Group justify="center" gap="xs">
        {button("first", words.first, 1)}
        {button("previous", words.back, at - 1)}
        <ActionIcon size="xl" variant="filled" aria-label={playing ? words.pause : words.play} onClick={play}>
          <Icon name={playing ? "pause" : "play"} />
        </ActionIcon>
        {button("next", words.forward, at + 1)}
        {button("last", words.last, steps.length)}
      </Group>
      <Slider
        min={1}
        max={steps.length}
        value={at}
        label={null}
        thumbLabel={words.position}
        onChange={(next) => {
          setRunning(false);
          setAt(next);
        }}
      />
      <div className={classes.now}>
        <Text size="sm" c="dimmed">
          {words.step(at, steps.length)}
        </Text>
        <Text fw={600}>{current && say(current)}</Text>
      </div>
      <ScoreGrid
        view={{ board: boardAt(session, timeline, at), pending: new Map() }}
        stat={stat}
        {...shown}
      />
      <details>
        <summary>{words.steps}</summary>
        <ol className={`sheet ${list.list} ${classes.steps}`}>
          {steps.map((step, place) => (
            <li key={step.index}>
              <button
                type="button"
                className={`${list.line} ${classes.step}`}
                aria-current={place + 1 === at ? "step" : undefined}
                onClick={() => go(place + 1)}
              >
                <span className={list.grow}>{say(step)}</span>
                <Moment at={step.at} />
              </button>
            </li>
          ))}
        </ol>
      </details>
    </Stack>
  );
}

function Moment({ at }: { at: string }) {
  const format = useFormat();
  return (
    <Text span size="xs" c="dimmed">
      {format.time(at)}
    </Text>
  );
}

/** What happened in a step, as a person would say it. */
function useWords(session: Session, timeline: Timeline): (step: Step) => string {
  const { session: words, table } = useMessages();
  const format = useFormat();
  const names = new Map(timeline.seats.map(({ seat, name }) => [seat, format.name(name)]));
  return (step) => {
    const kind = words.kinds[step.kind] ?? words.otherKind;
    const name = step.seat === null ? undefined : names.get(step.seat);
    if (step.kind === "round_started" && step.round !== null) return table.round(step.round);
    const stat = session.stats.find((each) => each.name === step.stat);
    if (stat === undefined) return name === undefined ? kind : `${name}: ${kind}`;
    const value = (shown: Step["after"]): string =>
      shown === null ? table.empty : format.value(shown, stat.data_type);
    const changed = step.before !== null ? ` (${words.was(value(step.before))})` : "";
    return `${name ?? table.forTable}: ${stat.name} ${value(step.after)}${changed} · ${kind}`;
  };
}
