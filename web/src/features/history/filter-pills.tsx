// Which filters are on, each with a way to take it off.
import { Button, Group, Pill } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { gameQuery, playerQuery } from "@/api/queries";
import { dayOf, type FilterName, type Filters } from "@/features/history/filters";
import { useMessages } from "@/i18n/language";

interface FilterPillsProps {
  filters: Filters;
  onRemove: (name: FilterName) => void;
  onClear: () => void;
}

export function FilterPills({ filters, onRemove, onClear }: FilterPillsProps) {
  const { history, home } = useMessages();
  const { game_id = "", player_id = "", opponent_id = "" } = filters;
  const game = useQuery({ ...gameQuery(game_id), enabled: game_id !== "" });
  const player = useQuery({ ...playerQuery(player_id), enabled: player_id !== "" });
  const opponent = useQuery({ ...playerQuery(opponent_id), enabled: opponent_id !== "" });

  const known = (labels: Readonly<Record<string, string>>, value: string): string => labels[value] ?? value;
  const shown: Record<FilterName, (value: string) => string> = {
    q: (text) => `“${text}”`,
    game_id: () => game.data?.name ?? history.game,
    player_id: () => history.player(player.data?.display_name ?? "…"),
    opponent_id: () => history.opponent(opponent.data?.display_name ?? "…"),
    status: (status) => known(home.status, status),
    mode: (mode) => known(history.modes, mode),
    outcome: (outcome) => known(history.outcomes, outcome),
    scope: (scope) => known(history.scopes, scope),
    players: (players) => history.seats(Number(players)),
    voided: (voided) => (voided === "true" ? history.voided : history.counted),
    from: (from) => `${history.from} ${dayOf(from)}`,
    to: (to) => `${history.to} ${dayOf(to, "end")}`,
  };
  const names = Object.keys(filters) as FilterName[];
  if (names.length === 0) return null;
  return (
    <Group gap="xs">
      {names.map((name) => {
        const label = shown[name](filters[name] ?? "");
        return (
          <Pill
            key={name}
            size="md"
            withRemoveButton
            onRemove={() => onRemove(name)}
            removeButtonProps={{ "aria-label": history.remove(label), "aria-hidden": false, tabIndex: 0 }}
          >
            {label}
          </Pill>
        );
      })}
      {names.length > 1 && (
        <Button size="compact-sm" variant="subtle" onClick={onClear}>
          {history.clear}
        </Button>
      )}
    </Group>
  );
}
