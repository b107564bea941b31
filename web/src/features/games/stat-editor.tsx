// One stat of a new game: its name, type, scope, and limits.
import { ActionIcon, Group, NativeSelect, Stack, Switch, TextInput } from "@mantine/core";
import { countable, numeric, type DraftErrors, type StatDraft } from "@/features/games/stat-draft";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";

interface StatEditorProps {
  draft: StatDraft;
  /** Whether it counts into the total as things stand. */
  counted: boolean;
  /** Whether somebody has just asked for it, and goes on in its name. */
  added: boolean;
  errors: DraftErrors;
  onChange: (draft: StatDraft) => void;
  onRemove?: () => void;
}

export function StatEditor({ draft, counted, added, errors, onChange, onRemove }: StatEditorProps) {
  const { games } = useMessages();
  const change = (part: Partial<StatDraft>): void => onChange({ ...draft, ...part });
  const options = <K extends string>(labels: Record<K, string>): { value: K; label: string }[] =>
    (Object.keys(labels) as K[]).map((value) => ({ value, label: labels[value] }));
  return (
    <Stack component="li" className="sheet" p="md" gap="sm">
      <Group align="start" wrap="nowrap">
        <TextInput
          flex={1}
          label={games.statName}
          maxLength={100}
          required
          autoFocus={added}
          value={draft.name}
          error={errors.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        {onRemove && (
          <ActionIcon
            mt={26}
            size="lg"
            variant="subtle"
            color="red"
            aria-label={games.removeStat(draft.name)}
            onClick={onRemove}
          >
            <Icon name="bin" />
          </ActionIcon>
        )}
      </Group>
      <div className="columns-2">
        <NativeSelect
          label={games.type}
          data={options(games.types)}
          value={draft.data_type}
          onChange={(event) => change({ data_type: event.currentTarget.value as StatDraft["data_type"] })}
        />
        <NativeSelect
          label={games.scope}
          data={options(games.scopes)}
          value={draft.scope}
          onChange={(event) => change({ scope: event.currentTarget.value as StatDraft["scope"] })}
        />
      </div>
      {draft.data_type === "choice" && (
        <TextInput
          label={games.choices}
          description={games.choicesHint}
          value={draft.choices}
          error={errors.choices}
          onChange={(event) => change({ choices: event.currentTarget.value })}
        />
      )}
      {countable(draft) && (
        <Switch
          label={games.scoring}
          checked={counted}
          onChange={(event) => change({ scoring: event.currentTarget.checked })}
        />
      )}
      {numeric(draft) && (
        <details
          open={errors.minimum !== undefined || errors.maximum !== undefined || errors.step !== undefined}
        >
          <summary>
            {games.bounds} ({games.optional})
          </summary>
          <div className="columns-3">
            {(["minimum", "maximum", "step"] as const).map((field) => (
              <TextInput
                key={field}
                label={games[field]}
                placeholder={draft.data_type === "duration" ? "1:30" : undefined}
                value={draft[field]}
                error={errors[field]}
                onChange={(event) => change({ [field]: event.currentTarget.value })}
              />
            ))}
          </div>
        </details>
      )}
    </Stack>
  );
}
