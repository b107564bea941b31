// The totals over the course of a session, as lines.
import { LineChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { Text } from "@mantine/core";
import type { Timeline } from "@/api/types";
import { isPlay } from "@/features/table/course";
import { useFormat, type ScoreType } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { seriesColor } from "@/ui/series";

interface RunningChartProps {
  timeline: Timeline;
  scoreType: ScoreType;
}

export default function RunningChart({ timeline, scoreType }: RunningChartProps) {
  const { session } = useMessages();
  const format = useFormat();
  const names = uniqueNames(timeline.seats.map(({ name }) => format.name(name)));
  const nameOf = new Map(timeline.seats.map(({ seat }, place) => [seat, names[place] ?? ""]));
  const points = timeline.steps.filter(isPlay).map(({ totals }, place) => {
    const point: Record<string, number> = { step: place + 1 };
    for (const { seat, total } of totals) point[nameOf.get(seat) ?? ""] = Number(total);
    return point;
  });
  return (
    <figure style={{ margin: 0 }}>
      <LineChart
        h={320}
        data={points}
        dataKey="step"
        curveType="stepAfter"
        withLegend
        legendProps={{ itemSorter: null }}
        withDots={false}
        series={names.map((name, place) => ({ name, color: seriesColor(place) }))}
        valueFormatter={(value) => format.score(value, scoreType)}
      />
      <Text component="figcaption" size="sm" c="dimmed" ta="center">
        {session.running}
      </Text>
    </figure>
  );
}

/** Two people of one name are two lines. */
function uniqueNames(names: readonly string[]): string[] {
  return names.map((name, place) => (names.indexOf(name) === place ? name : `${name} (${place + 1})`));
}
