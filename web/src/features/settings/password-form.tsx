// Another password; every other device is signed out by it.
import { Alert, Button, PasswordInput, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { answer, api } from "@/api/client";
import { queryClient, signInsQuery } from "@/api/queries";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { refusedFields } from "@/ui/refused";

export function PasswordForm() {
  const messages = useMessages();
  const { settings } = messages;
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const changing = useMutation({
    mutationFn: () => answer(api.POST("/players/me/password", { body: { current, new: next } })),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      return queryClient.invalidateQueries(signInsQuery);
    },
  });
  const refused = refusedFields(changing.error, messages).new;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    changing.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          label={settings.current}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label={settings.next}
          description={settings.nextHint}
          autoComplete="new-password"
          value={next}
          error={refused}
          aria-invalid={refused !== undefined}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        {changing.isError && <Failure error={changing.error} />}
        {changing.isSuccess && (
          <Alert role="status" p="xs">
            {settings.passwordChanged}
          </Alert>
        )}
        <Button
          type="submit"
          variant="default"
          loading={changing.isPending}
          disabled={current === "" || next.length < 8}
        >
          {settings.changePassword}
        </Button>
      </Stack>
    </form>
  );
}
