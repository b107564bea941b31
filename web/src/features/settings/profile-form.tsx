// What others see of one, and the e-mail address, which they do not.
import { Alert, Button, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { answer, api } from "@/api/client";
import { rename } from "@/api/me";
import { accountQuery, queryClient } from "@/api/queries";
import type { Account } from "@/api/types";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { refusedFields } from "@/ui/refused";

export function ProfileForm({ account }: { account: Account }) {
  const messages = useMessages();
  const { settings } = messages;
  const [name, setName] = useState(account.display_name);
  const [region, setRegion] = useState(account.region ?? "");
  const [email, setEmail] = useState(account.email ?? "");
  const saving = useMutation({
    mutationFn: () => {
      const body = { display_name: name, region: region.trim() };
      // Only an address that changed is sent: a guest has none to take out.
      const changed = email.trim() !== (account.email ?? "");
      return answer(api.PATCH("/players/me", { body: { ...body, ...(changed && { email: email.trim() }) } }));
    },
    onSuccess: (saved) => {
      queryClient.setQueryData(accountQuery.queryKey, saved);
      rename(saved);
      return queryClient.invalidateQueries({ queryKey: ["player", saved.id] });
    },
  });
  const refused = refusedFields(saving.error, messages);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit} onChange={() => saving.reset()}>
      <Stack gap="sm">
        <TextInput
          label={settings.name}
          required
          maxLength={100}
          autoComplete="nickname"
          value={name}
          error={refused.display_name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={settings.region}
          placeholder={settings.regionHint}
          maxLength={16}
          value={region}
          error={refused.region}
          onChange={(event) => setRegion(event.currentTarget.value)}
        />
        {account.kind === "account" && (
          <TextInput
            type="email"
            label={settings.email}
            description={settings.emailHint}
            maxLength={254}
            autoComplete="email"
            value={email}
            error={refused.email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
        )}
        {saving.isError && <Failure error={saving.error} />}
        {saving.isSuccess && (
          <Alert role="status" p="xs">
            {settings.saved}
          </Alert>
        )}
        <Button type="submit" loading={saving.isPending} disabled={name.trim() === ""}>
          {settings.save}
        </Button>
      </Stack>
    </form>
  );
}
