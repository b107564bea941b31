// The door: as a guest with a name, by signing in, or with a new account.
import { Alert, Button, PasswordInput, Stack, Tabs, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useNavigate } from "react-router";
import { useCommandId } from "@/api/command-id";
import { enterAsGuest, register, signIn, useEnded, useMe } from "@/api/me";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { refusedFields } from "@/ui/refused";
import { usePageTitle } from "@/ui/title";

interface EntryPageProps {
  /** The table that is behind the door, if a link led here. */
  tableKey: string | undefined;
}

export default function EntryPage({ tableKey }: EntryPageProps) {
  const { app, entry, problems } = useMessages();
  const guest = useMe()?.kind === "guest";
  const ended = useEnded();
  usePageTitle(entry.signIn);
  return (
    <Stack maw={440} mx="auto" gap="lg" pt="md">
      <div>
        <Title order={1}>{tableKey === undefined ? "Tallybook" : entry.toTable(tableKey)}</Title>
        <Text c="dimmed">{app.tagline}</Text>
      </div>
      {ended !== null && (
        <Alert role="status" color="yellow">
          {ended === "" ? entry.guestEnded : problems.codes.unauthenticated}
        </Alert>
      )}
      <Tabs
        defaultValue={guest ? "register" : ended ? "sign-in" : "guest"}
        keepMounted={false}
        className="sheet"
      >
        <Tabs.List grow>
          {!guest && <Tabs.Tab value="guest">{entry.guest}</Tabs.Tab>}
          <Tabs.Tab value="sign-in">{entry.signIn}</Tabs.Tab>
          <Tabs.Tab value="register">{entry.register}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="guest" p="md">
          <GuestForm atTable={tableKey !== undefined} />
        </Tabs.Panel>
        <Tabs.Panel value="sign-in" p="md">
          <AccountForm isNew={false} guest={guest} known={ended ?? ""} />
        </Tabs.Panel>
        <Tabs.Panel value="register" p="md">
          <AccountForm isNew guest={guest} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function GuestForm({ atTable }: { atTable: boolean }) {
  const messages = useMessages();
  const { entry } = messages;
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const entering = useMutation({
    mutationFn: async ({ seated }: { seated: boolean }) => {
      if (seated) await navigate("?seat", { replace: true }); // the table asks which one
      await enterAsGuest(name.trim());
    },
  });
  const refused = refusedFields(entering.error, messages);
  const forgive = (): void => {
    if (entering.isError) entering.reset();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    entering.mutate({ seated: atTable });
  };
  return (
    <form onSubmit={submit} onChange={forgive}>
      <Stack>
        <TextInput
          label={entry.name}
          description={entry.nameHint}
          autoComplete="nickname"
          maxLength={100}
          required
          value={name}
          error={refused.display_name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {entering.isError && <Failure error={entering.error} />}
        <Button type="submit" disabled={name.trim() === ""} loading={entering.isPending}>
          {atTable ? entry.takeSeat : entry.goOn}
        </Button>
        {atTable && (
          <Button
            variant="default"
            disabled={name.trim() === ""}
            loading={entering.isPending}
            onClick={() => entering.mutate({ seated: false })}
          >
            {entry.watch}
          </Button>
        )}
      </Stack>
    </form>
  );
}

interface AccountFormProps {
  isNew: boolean;
  guest: boolean;
  /** The username of who was signed in before. */
  known?: string;
}

function AccountForm({ isNew, guest, known = "" }: AccountFormProps) {
  const messages = useMessages();
  const { entry } = messages;
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState("");
  const [displayName, setDisplayName] = useState("");
  const commandId = useCommandId();
  const entering = useMutation({
    mutationFn: () => {
      if (!isNew) return signIn(username, password);
      const name = displayName.trim();
      return register(username, password, name, commandId([username, password, name]));
    },
  });
  const refused = refusedFields(entering.error, messages);
  const forgive = (): void => {
    if (entering.isError) entering.reset();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    entering.mutate();
  };
  return (
    <form onSubmit={submit} onChange={forgive}>
      <Stack>
        {guest && <Text size="sm">{isNew ? entry.keepsHistory : entry.losesHistory}</Text>}
        <TextInput
          label={entry.username}
          {...(isNew && { description: entry.usernameHint, pattern: "[A-Za-z0-9_\\-]{3,45}" })}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={username}
          error={refused.username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordInput
          label={entry.password}
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          value={password}
          error={refused.password}
          aria-invalid={refused.password !== undefined} // Mantine says it of every other input by itself
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {isNew && (
          <TextInput
            label={entry.displayName}
            autoComplete="nickname"
            maxLength={100}
            value={displayName}
            error={refused.display_name}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
          />
        )}
        {entering.isError && <Failure error={entering.error} />}
        <Button type="submit" loading={entering.isPending}>
          {isNew ? entry.register : entry.signIn}
        </Button>
      </Stack>
    </form>
  );
}
