// The score sheet: a row for each round, a column for each player; a cell opens for correction.
import { VisuallyHidden } from "@mantine/core";
import { memo, useLayoutEffect, useRef } from "react";
import type { Stat } from "@/api/types";
import { cellKey, inRound, type View } from "@/live/board";
import type { Cell } from "@/live/commands";
import { columnsOf, isNumeric, lastRound, scored } from "@/features/table/columns";
import { useFormat, type ScoreType } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";
import classes from "@/features/table/score-grid.module.css";

interface ScoreGridProps {
  view: View;
  stat: Stat;
  /** Whether the grid also has the totals over all scoring stats. */
  withOverall: boolean;
  scoreType: ScoreType;
  competitive: boolean;
  onOpen?: (cell: Cell) => void;
}

export function ScoreGrid({
  view: { board, pending },
  stat,
  withOverall,
  scoreType,
  competitive,
  onOpen,
}: ScoreGridProps) {
  const { table, people } = useMessages();
  const format = useFormat();
  const columns = columnsOf(board, stat, { table: table.forTable, seat: format.name });
  const rounds = Array.from({ length: lastRound(board, columns) }, (_, index) => index + 1);
  const grid = useRef<HTMLTableElement>(null);
  useLayoutEffect(() => {
    const box = grid.current?.parentElement;
    if (box) box.scrollTop = box.scrollHeight; // to the round that is played, and the page stays where it is
  }, [board.round]);
  return (
    <div
      className={`sheet ${classes.scroll}`}
      tabIndex={0}
      role="region"
      aria-label={`${table.sheet}: ${stat.name}`}
    >
      <table ref={grid} className={classes.grid} data-numbers={isNumeric(stat) || undefined}>
        <thead>
          <tr>
            <th scope="col">
              <VisuallyHidden>{table.roundHead}</VisuallyHidden>
            </th>
            {columns.map((column) => (
              <th key={column.seat} scope="col">
                <span className={classes.name}>
                  {competitive && column.rank === 1 && scored(board) && <Icon name="crown" size={14} />}
                  {column.name}
                </span>
                {column.team != null && <span className={classes.team}>{column.team}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rounds.map((round) => (
            <tr key={round} data-current={(board.status === "playing" && round === board.round) || undefined}>
              <th scope="row">{round}</th>
              {columns.map((column) => {
                const cell = { seat: column.seat, stat: stat.name, round };
                return (
                  <GridCell
                    key={column.seat}
                    seat={column.seat}
                    stat={stat.name}
                    round={round}
                    text={format.value(inRound(column.score, round), stat.data_type)}
                    name={column.name}
                    pending={pending.has(cellKey(cell))}
                    onOpen={onOpen}
                  />
                );
              })}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Σ</th>
            {columns.map((column) => (
              <td key={column.seat}>{format.value(column.score?.total, stat.data_type)}</td>
            ))}
          </tr>
          {withOverall && stat.scope === "player" && (
            <tr className={classes.sums}>
              <th scope="row">{table.total}</th>
              {columns.map((column) => (
                <td key={column.seat}>{format.score(column.total, scoreType)}</td>
              ))}
            </tr>
          )}
          {columns.some((column) => column.teamTotal !== null) && (
            <tr className={classes.sums}>
              <th scope="row">{people.team}</th>
              {columns.map((column) => (
                <td key={column.seat}>
                  {column.teamTotal !== null && format.score(column.teamTotal, scoreType)}
                </td>
              ))}
            </tr>
          )}
        </tfoot>
      </table>
    </div>
  );
}

interface GridCellProps extends Cell {
  text: string;
  name: string;
  pending: boolean;
  onOpen: ((cell: Cell) => void) | undefined;
}

/** Takes plain values only, so that a new board draws again just the cells that changed. */
const GridCell = memo(function GridCell({ seat, stat, round, text, name, pending, onOpen }: GridCellProps) {
  const { table } = useMessages();
  const face = text === "" ? <span className={classes.empty}>·</span> : text;
  return (
    <td data-pending={pending || undefined}>
      {onOpen ? (
        <button
          type="button"
          aria-label={table.cell(name, stat, table.round(round), text === "" ? table.empty : text)}
          onClick={() => onOpen({ seat, stat, round })}
        >
          {face}
        </button>
      ) : (
        face
      )}
    </td>
  );
});
