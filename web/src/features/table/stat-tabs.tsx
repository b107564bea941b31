// Which stat is looked at, where a game counts more than one.
import { SegmentedControl } from "@mantine/core";
import type { Stat } from "@/api/types";
import classes from "@/features/table/table.module.css";

interface StatTabsProps {
  stats: readonly Stat[];
  stat: Stat;
  label: string;
  onChange: (stat: Stat) => void;
}

export function StatTabs({ stats, stat, label, onChange }: StatTabsProps) {
  if (stats.length < 2) return null;
  return (
    <div className={classes.tabs}>
      <SegmentedControl
        aria-label={label}
        size="md"
        classNames={{ label: classes.tab }}
        data={stats.map((each) => each.name)}
        value={stat.name}
        onChange={(name) => onChange(stats.find((each) => each.name === name) ?? stat)}
      />
    </div>
  );
}
