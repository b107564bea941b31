// The filters that are chosen, not typed.
import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { gamesQuery } from "@/api/queries";
import { dayOf, type FilterName, type Filters } from "@/features/history/filters";
import { useMessages } from "@/i18n/language";
import classes from "@/features/history/history.module.css";

interface FilterFormProps {
  filters: Filters;
  onChange: (changes: Filters) => void;
}

export function FilterForm({ filters, onChange }: FilterFormProps) {
  const { history, home } = useMessages();
  const games = useQuery(gamesQuery);
  const select = (name: FilterName, label: string, options: Readonly<Record<string, string>>) => (
    <NativeSelect
      label={label}
      value={filters[name] ?? ""}
      data={[
        { value: "", label: history.any },
        ...Object.entries(options).map(([value, text]) => ({ value, label: text })),
      ]}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <div className={classes.form}>
      {select(
        "game_id",
        history.game,
        Object.fromEntries((games.data ?? []).map((game) => [game.id, game.name])),
      )}
      {select("outcome", history.outcome, history.outcomes)}
      {select("mode", history.mode, history.modes)}
      {select("status", history.status, home.status)}
      <NumberInput
        label={history.players}
        placeholder={history.any}
        min={1}
        max={100}
        allowDecimal={false}
        value={filters.players === undefined ? "" : Number(filters.players)}
        onChange={(players) => onChange({ players: String(players) })}
      />
      {select("scope", history.scope, history.scopes)}
      <TextInput
        type="date"
        label={history.from}
        value={dayOf(filters.from)}
        onChange={(event) => onChange({ from: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label={history.to}
        value={dayOf(filters.to, "end")}
        onChange={(event) => onChange({ to: event.currentTarget.value })}
      />
    </div>
  );
}
