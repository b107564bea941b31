// Changing a game: its name, description, players and cover.
import { Button, ColorInput, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { answer, api } from "@/api/client";
import { queryClient } from "@/api/queries";
import type { ChangedGame, Game } from "@/api/types";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { refusedFields } from "@/ui/refused";

export function GameForm({ game, onDone }: { game: Game; onDone: () => void }) {
  const messages = useMessages();
  const { games, library } = messages;
  const [name, setName] = useState(game.name);
  const [description, setDescription] = useState(game.description);
  const [fewest, setFewest] = useState<number | string>(game.min_players ?? "");
  const [most, setMost] = useState<number | string>(game.max_players ?? "");
  const [color, setColor] = useState(game.color);
  const [initials, setInitials] = useState(game.initials);

  const saving = useMutation({
    mutationFn: () => {
      const clear: NonNullable<ChangedGame["clear"]> = [];
      const body: ChangedGame = { name, description, clear };
      // What looks as before may follow from the name, and goes on doing so.
      if (color !== game.color) body.color = color;
      if (initials.trim() === "") clear.push("initials");
      else if (initials !== game.initials) body.initials = initials;
      if (typeof fewest === "number") body.min_players = fewest;
      else clear.push("min_players");
      if (typeof most === "number") body.max_players = most;
      else clear.push("max_players");
      return answer(api.PATCH("/games/{id}", { body, params: { path: { id: game.id } } }));
    },
    onSuccess: async (changed) => {
      queryClient.setQueryData(["game", game.id], changed);
      await queryClient.invalidateQueries({ queryKey: ["games"] });
      onDone();
    },
  });
  const refused = refusedFields(saving.error, messages);
  const forgive = (): void => {
    if (saving.isError) saving.reset();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit} onChange={forgive}>
      <Stack>
        <TextInput
          label={games.name}
          required
          maxLength={100}
          value={name}
          error={refused.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={library.description}
          maxLength={2000}
          autosize
          minRows={2}
          maxRows={8}
          value={description}
          error={refused.description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <div className="columns-2">
          <NumberInput
            label={`${games.players}: ${games.fewest}`}
            placeholder={games.optional}
            min={1}
            max={100}
            allowDecimal={false}
            value={fewest}
            error={refused.min_players}
            onChange={setFewest}
          />
          <NumberInput
            label={`${games.players}: ${games.most}`}
            placeholder={games.optional}
            min={1}
            max={100}
            allowDecimal={false}
            value={most}
            error={refused.max_players}
            onChange={setMost}
          />
          <ColorInput
            label={library.color}
            format="hex"
            value={color}
            error={refused.color}
            onChange={setColor}
          />
          <TextInput
            label={library.initials}
            placeholder={library.initialsHint}
            maxLength={8}
            value={initials}
            error={refused.initials}
            onChange={(event) => setInitials(event.currentTarget.value)}
          />
        </div>
        {saving.isError && <Failure error={saving.error} />}
        <Button type="submit" loading={saving.isPending} disabled={name.trim() === ""}>
          {library.save}
        </Button>
      </Stack>
    </form>
  );
}
