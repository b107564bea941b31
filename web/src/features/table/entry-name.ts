// What a write to a cell is called: whose value it is, where, and how much.
import type { Session } from "@/api/types";
import type { Command } from "@/live/commands";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";

export type CellCommand = Extract<Command, { cell: unknown }>;

export function useEntryName(): (session: Session, command: CellCommand) => string {
  const { table } = useMessages();
  const format = useFormat();
  return (session, command) => {
    const { seat, stat, round } = command.cell;
    const who =
      seat === null
        ? table.forTable
        : format.name(session.seats.find((each) => each.seat === seat)?.name ?? null);
    const type = session.stats.find((each) => each.name === stat)?.data_type ?? "text";
    const amount =
      "delta" in command
        ? `${Number(command.delta) > 0 ? "+" : ""}${format.number(command.delta)}`
        : "value" in command
          ? format.value(command.value, type)
          : table.empty;
    return table.cell(who, stat, table.round(round), amount);
  };
}
