// Won, drawn and lost as stacked bars that lie, one for each row of the table below.
import { BarChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { lyingHeight } from "@/features/profile/chart-height";
import { useMessages } from "@/i18n/language";

interface OutcomeChartProps {
  rows: readonly { label: string; won: number; tied: number; lost: number; played: number }[];
}

export default function OutcomeChart({ rows }: OutcomeChartProps) {
  const { profile } = useMessages();
  return (
    <BarChart
      h={lyingHeight(rows.length)}
      type="stacked"
      orientation="vertical"
      dataKey="label"
      withLegend
      legendProps={{ itemSorter: null }}
      maxBarWidth={48}
      barChartProps={{ accessibilityLayer: false }} // the table below says the same
      gridAxis="x"
      yAxisProps={{ width: 110 }}
      xAxisProps={{ allowDecimals: false }}
      data={rows.map(({ label, won, tied, lost, played }) => ({
        label,
        won,
        tied,
        lost,
        open: played - won - tied - lost,
      }))}
      series={[
        { name: "won", label: profile.won, color: "teal.6" },
        { name: "tied", label: profile.tied, color: "yellow.6" },
        { name: "lost", label: profile.lost, color: "red.5" },
        { name: "open", label: profile.undecided, color: "gray.5" },
      ].filter(
        ({ name }) => name !== "open" || rows.some((row) => row.played > row.won + row.tied + row.lost),
      )}
    />
  );
}
