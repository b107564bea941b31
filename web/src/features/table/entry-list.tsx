// Scoring the current round: a line for each seat with big targets, in the fixed order of the seats.
import { ActionIcon, Badge, SegmentedControl, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import type { Stat } from "@/api/types";
import { exactSum } from "@/api/exact";
import { cellKey, inRound, type View } from "@/live/board";
import type { Cell, Command } from "@/live/commands";
import { columnsOf, isNumeric, scored, type Column } from "@/features/table/columns";
import { useFormat, type ScoreType } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";
import { PlayerDot } from "@/ui/player-dot";
import classes from "@/features/table/entry-list.module.css";

const MULTIPLES = [1, 5, 10];
const isLong = (text: string): boolean => text.length > 9; // digits that do not fit the place of a score

interface EntryListProps {
  view: View;
  stat: Stat;
  competitive: boolean;
  scoreType: ScoreType;
  /** Without it the lines are for looking only, the best first. */
  act?: (command: Command) => void;
  onOpen: (cell: Cell) => void;
}

export function EntryList({
  view: { board, pending },
  stat,
  competitive,
  scoreType,
  act,
  onOpen,
}: EntryListProps) {
  const { table } = useMessages();
  const format = useFormat();
  const [multiple, setMultiple] = useState(MULTIPLES[0] ?? 1);
  const stepped = act !== undefined && (stat.data_type === "integer" || stat.data_type === "decimal");
  const isNumber = isNumeric(stat);
  const step = Number(stat.step ?? 1) > 0 ? (stat.step ?? 1) : 1;
  const times = (factor: number): string => exactSum(Array.from({ length: factor }, () => step));
  const columns = columnsOf(board, stat, { table: table.forTable, seat: format.name });
  if (act === undefined) columns.sort((a, b) => a.rank - b.rank);

  const nudge = (column: Column, sign: "" | "-"): void => {
    const text = sign + times(multiple);
    const delta = stat.data_type === "decimal" ? text : Number(text);
    act?.({ event: "record", cell: { seat: column.seat, stat: stat.name, round: board.round }, delta });
  };

  return (
    <>
      {stepped && (
        <SegmentedControl
          fullWidth
          size="md"
          aria-label={table.step}
          data={MULTIPLES.map((each) => ({ value: String(each), label: `± ${format.number(times(each))}` }))}
          value={String(multiple)}
          onChange={(value) => setMultiple(Number(value))}
        />
      )}
      <ul className={`sheet ${classes.lines}`}>
        {columns.map((column) => {
          const cell = { seat: column.seat, stat: stat.name, round: board.round };
          const waiting = pending.get(cellKey(cell));
          const text = format.value(inRound(column.score, board.round), stat.data_type);
          const total = format.score(column.total, scoreType);
          const leads = competitive && column.rank === 1 && scored(board);
          return (
            <li key={column.seat} className={classes.line} data-stepped={stepped || undefined}>
              {column.seat !== null && <PlayerDot id={column.playerId} name={column.name} />}
              <div className={classes.who}>
                <Text fw={600} lineClamp={1} className={classes.name}>
                  {column.name}
                </Text>
                {column.seat !== null && (
                  <div className={classes.standing}>
                    <Text
                      span
                      fw={700}
                      size={total.length > 12 ? "xs" : isLong(total) ? "sm" : "lg"}
                      className={classes.number}
                    >
                      {total}
                    </Text>
                    {leads && (
                      <span className={classes.leader}>
                        <Icon name="crown" size={16} />
                        <VisuallyHidden>{table.leader}</VisuallyHidden>
                      </span>
                    )}
                    {column.team != null && (
                      <Badge variant="default" size="sm">
                        {column.teamTotal === null
                          ? column.team
                          : table.teamTotal(column.team, format.score(column.teamTotal, scoreType))}
                      </Badge>
                    )}
                  </div>
                )}
              </div>
              {stepped && (
                <ActionIcon
                  className={classes.target}
                  variant="light"
                  aria-label={table.minus(format.number(times(multiple)), column.name)}
                  onClick={() => nudge(column, "-")}
                >
                  <Icon name="minus" size={26} />
                </ActionIcon>
              )}
              <UnstyledButton
                className={classes.value}
                disabled={act === undefined}
                data-number={isNumber || undefined}
                data-long={isLong(text) || undefined}
                data-pending={waiting !== undefined || undefined}
                aria-label={`${table.enter(column.name, stat.name)}: ${text === "" ? table.empty : text}`}
                onClick={() => onOpen(cell)}
              >
                {text === "" ? "–" : text}
                {waiting !== undefined && waiting !== "" && (
                  <span className={classes.delta}>{format.number(waiting)}</span>
                )}
              </UnstyledButton>
              {stepped && (
                <ActionIcon
                  className={classes.target}
                  variant="filled"
                  aria-label={table.plus(format.number(times(multiple)), column.name)}
                  onClick={() => nudge(column, "")}
                >
                  <Icon name="plus" size={26} />
                </ActionIcon>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
