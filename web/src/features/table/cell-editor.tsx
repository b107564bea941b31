// Writing one cell, in the way that fits its type.
import { Button, Drawer, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState, type SubmitEvent } from "react";
import { exactCompare } from "@/api/exact";
import type { Stat, Value } from "@/api/types";
import type { Cell, Command } from "@/live/commands";
import { durationText, parseDuration, useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { NumberPad } from "@/ui/number-pad";
import { parseSum } from "@/ui/sum";
import classes from "@/features/table/table.module.css";

interface CellEditorProps {
  cell: Cell;
  stat: Stat;
  name: string;
  value: Value | undefined;
  /** Who comes next, for going around the table without closing. */
  next: { name: string; open: () => void } | undefined;
  act: (command: Command) => void;
  onClose: () => void;
}

export function CellEditor({ cell, stat, name, value, next, act, onClose }: CellEditorProps) {
  const { pad, table } = useMessages();
  const dialog = useDialog(onClose);
  const write = (written: Value): void => act({ event: "record", cell, value: written });
  const clear = (
    <Button
      flex="none"
      px="xs"
      variant="subtle"
      color="red"
      disabled={value === undefined}
      onClick={() => {
        act({ event: "clear", cell });
        onClose();
      }}
    >
      {pad.clear}
    </Button>
  );
  const rest = { stat, value, clear, next, write, onClose };
  const where = [name, stat.name, table.round(cell.round)].join(" · ");
  return (
    <Drawer {...dialog} position="bottom" classNames={{ content: classes.fromBelow }} title={where}>
      <Stack maw={420} mx="auto" pb="sm">
        {stat.data_type === "integer" || stat.data_type === "decimal" ? (
          <NumberForm {...rest} />
        ) : stat.data_type === "text" || stat.data_type === "duration" ? (
          <TypedForm {...rest} />
        ) : (
          <PickForm {...rest} />
        )}
      </Stack>
    </Drawer>
  );
}

interface FormProps extends Pick<CellEditorProps, "stat" | "value" | "next" | "onClose"> {
  clear: React.ReactNode;
  write: (value: Value) => void;
}

function useLimits(stat: Stat): string {
  const { pad } = useMessages();
  const format = useFormat();
  const [from, to, step] = [stat.minimum, stat.maximum, stat.step].map((bound) =>
    bound == null ? undefined : format.value(bound, stat.data_type),
  );
  const range =
    from !== undefined && to !== undefined
      ? pad.range(from, to)
      : from !== undefined
        ? pad.atLeast(from)
        : to !== undefined
          ? pad.atMost(to)
          : "";
  return [range, step === undefined ? "" : pad.steps(step)].filter((part) => part !== "").join(". ");
}

function within(value: number | string, { minimum, maximum }: Stat): boolean {
  return (
    (minimum == null || exactCompare(value, minimum) >= 0) &&
    (maximum == null || exactCompare(value, maximum) <= 0)
  );
}

function NumberForm({ stat, value, clear, next, write, onClose }: FormProps) {
  const { pad } = useMessages();
  const format = useFormat();
  const limits = useLimits(stat);
  const [text, setText] = useState("");
  const decimals = stat.data_type === "decimal";
  const sum = parseSum(text, decimals);
  const number = sum === null ? null : decimals ? sum : Number(sum);
  const fits = number !== null && within(number, stat) && (decimals || Number.isSafeInteger(number));
  const save = (then: () => void): void => {
    if (fits) write(number);
    then();
  };
  return (
    <>
      <NumberPad
        text={text}
        onText={setText}
        decimals={decimals}
        placeholder={format.value(value, stat.data_type)}
      />
      {limits !== "" && (
        <Text size="sm" c={number !== null && !fits ? "red" : "dimmed"}>
          {limits}
        </Text>
      )}
      <Group justify="space-between" wrap="nowrap">
        {clear}
        <Group gap="xs" wrap="nowrap" miw={0}>
          <Button
            data-autofocus
            flex="none"
            variant={next ? "light" : "filled"}
            disabled={text !== "" && !fits}
            onClick={() => save(onClose)}
          >
            {pad.ok}
          </Button>
          {next && (
            <Button miw={0} px="sm" disabled={text !== "" && !fits} onClick={() => save(next.open)}>
              <Text span inherit truncate>
                {pad.next(next.name)}
              </Text>
            </Button>
          )}
        </Group>
      </Group>
    </>
  );
}

function TypedForm({ stat, value, clear, write, onClose }: FormProps) {
  const { pad } = useMessages();
  const limits = useLimits(stat);
  const isDuration = stat.data_type === "duration";
  const [text, setText] = useState(() =>
    value === undefined ? "" : isDuration ? durationText(Number(value)) : String(value),
  );
  const written = isDuration ? parseDuration(text) : text.trim() === "" ? null : text.trim();
  const fits = written !== null && (!isDuration || within(written, stat));
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!fits) return;
    write(written);
    onClose();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {isDuration ? (
          <TextInput
            data-autofocus
            size="lg"
            label={pad.duration}
            description={limits}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : (
          <Textarea
            data-autofocus
            size="lg"
            label={pad.text}
            maxLength={2000}
            rows={3}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <Group justify="space-between">
          {clear}
          <Button type="submit" disabled={!fits}>
            {pad.keep}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function PickForm({ stat, value, clear, write, onClose }: FormProps) {
  const { pad } = useMessages();
  const picks: { value: Value; label: string }[] =
    stat.data_type === "boolean"
      ? [
          { value: true, label: pad.yes },
          { value: false, label: pad.no },
        ]
      : stat.choices.map((choice) => ({ value: choice, label: choice }));
  return (
    <>
      {picks.map((pick) => (
        <Button
          key={pick.label}
          size="lg"
          variant={pick.value === value ? "filled" : "default"}
          aria-pressed={pick.value === value}
          onClick={() => {
            write(pick.value);
            onClose();
          }}
        >
          {pick.label}
        </Button>
      ))}
      {clear}
    </>
  );
}
