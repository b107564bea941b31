// A new game: its name, who wins, and what is counted.
import { Button, NativeSelect, NumberInput, Stack, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type SubmitEvent } from "react";
import { flushSync } from "react-dom";
import { useNavigate } from "react-router";
import { answer, api } from "@/api/client";
import { useCommandId } from "@/api/command-id";
import { gamesQuery, queryClient } from "@/api/queries";
import type { Game, NewGame } from "@/api/types";
import {
  counts,
  emptyDraft,
  errorsOf,
  DRAFT_FIELDS,
  MOST_STATS,
  playersErrors,
  statOf,
  type DraftErrors,
  type StatDraft,
} from "@/features/games/stat-draft";
import { StatEditor } from "@/features/games/stat-editor";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { refusedFields } from "@/ui/refused";
import { usePageTitle } from "@/ui/title";
import { focusWrong } from "@/ui/wrong-field";

export default function NewGamePage() {
  const messages = useMessages();
  const { games, home } = messages;
  const navigate = useNavigate();
  const gameId = useCommandId();
  const setId = useCommandId();
  const [name, setName] = useState("");
  const [win, setWin] = useState<Game["win"]>("highest");
  const [fewest, setFewest] = useState<number | string>("");
  const [most, setMost] = useState<number | string>("");
  const [drafts, setDrafts] = useState<StatDraft[]>(() => [emptyDraft(0, games.firstStat)]);
  const nextId = useRef(1);
  const made = useRef<Game>(undefined);
  const adder = useRef<HTMLButtonElement>(null);
  const [checked, setChecked] = useState(false);
  usePageTitle(games.title);

  const errors = drafts.map((draft) => errorsOf(draft, drafts, games));
  const nameMissing = name.trim() === "";
  const players = playersErrors(fewest, most, games);
  const wrong =
    nameMissing || Object.keys(players).length > 0 || errors.some((each) => Object.keys(each).length > 0);

  // When its stats were refused the game is there already, and becomes what the form says by now.
  const create = async (game: NewGame): Promise<Game> => {
    const of = made.current;
    if (of === undefined) {
      const params = { header: { "Idempotency-Key": gameId(game) } };
      made.current = await answer(api.POST("/games", { body: game, params }));
    } else {
      const clear = (["min_players", "max_players"] as const).filter((field) => game[field] === undefined);
      const body = { ...game, clear };
      const params = { path: { id: of.id }, header: { "Idempotency-Key": gameId([of.id, body]) } };
      made.current = await answer(api.PATCH("/games/{id}", { body, params }));
    }
    return made.current;
  };
  const creating = useMutation({
    mutationFn: async () => {
      const game: NewGame = { name: name.trim(), win };
      if (typeof fewest === "number") game.min_players = fewest;
      if (typeof most === "number") game.max_players = most;
      const created = await create(game);
      const set = { name: games.setName, stats: drafts.map((draft) => statOf(draft, drafts)) };
      const params = { path: { id: created.id }, header: { "Idempotency-Key": setId([created.id, set]) } };
      await answer(api.POST("/games/{id}/stat-sets", { body: set, params }));
      return created;
    },
    onSuccess: async (game) => {
      await queryClient.invalidateQueries(gamesQuery);
      await navigate(`/start/${game.id}`, { replace: true });
    },
  });
  const refused = refusedFields(creating.error, messages);
  const refusedOf = (place: number): DraftErrors => {
    const told = DRAFT_FIELDS.map((field) => [field, refused[`stats.${place}.${field}`]]);
    return Object.fromEntries(told.filter(([, reason]) => reason !== undefined)) as DraftErrors;
  };
  const forgive = (): void => {
    if (creating.isError) creating.reset();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setChecked(true)); // what is wrong is on the page from here on
    if (wrong) focusWrong(form);
    else creating.mutate();
  };
  const add = (): void => setDrafts([...drafts, emptyDraft(nextId.current++, "")]);
  const remove = (draft: StatDraft): void => {
    setDrafts(drafts.filter((each) => each.id !== draft.id));
    adder.current?.focus();
  };

  return (
    <form onSubmit={submit} onChange={forgive} noValidate>
      <Stack maw={640} mx="auto">
        <Title order={1} size="h2">
          {games.title}
        </Title>
        <TextInput
          label={games.name}
          required
          maxLength={100}
          autoComplete="off"
          value={name}
          error={(checked && nameMissing && games.needsName) || refused.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label={games.win}
          data={(["highest", "lowest", "cooperative", "none"] as const).map((value) => ({
            value,
            label: home.wins[value],
          }))}
          value={win}
          onChange={(event) => setWin(event.currentTarget.value as Game["win"])}
        />
        <div className="columns-2">
          <NumberInput
            label={`${games.players}: ${games.fewest}`}
            placeholder={games.optional}
            min={1}
            max={100}
            allowDecimal={false}
            value={fewest}
            error={(checked && players.fewest) || refused.min_players}
            onChange={setFewest}
          />
          <NumberInput
            label={`${games.players}: ${games.most}`}
            placeholder={games.optional}
            min={1}
            max={100}
            allowDecimal={false}
            value={most}
            error={(checked && players.most) || refused.max_players}
            onChange={setMost}
          />
        </div>
        <Title order={2} size="h3">
          {games.stats}
        </Title>
        <Stack component="ul" m={0} p={0} gap="sm">
          {drafts.map((draft, place) => (
            <StatEditor
              key={draft.id}
              draft={draft}
              counted={counts(draft, drafts)}
              errors={checked ? { ...refusedOf(place), ...errors[place] } : {}}
              onChange={(changed) => setDrafts(drafts.map((each) => (each.id === draft.id ? changed : each)))}
              added={draft.id > 0}
              {...(drafts.length > 1 && { onRemove: () => remove(draft) })}
            />
          ))}
        </Stack>
        <Button ref={adder} variant="default" disabled={drafts.length >= MOST_STATS} onClick={add}>
          {games.addStat}
        </Button>
        {creating.isError && <Failure error={creating.error} />}
        <Button type="submit" size="lg" loading={creating.isPending}>
          {games.create}
        </Button>
      </Stack>
    </form>
  );
}
