// Who says to be whom: one's own claims, those to decide, and the code that proves one.
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { answer, api } from "@/api/client";
import { useMe } from "@/api/me";
import { claimsQuery, queryClient } from "@/api/queries";
import type { Claim } from "@/api/types";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import classes from "@/ui/list.module.css";
import { Waiting } from "@/ui/waiting";

export function Claims() {
  const { library } = useMessages();
  const guest = useMe()?.kind === "guest";
  const claims = useQuery(claimsQuery);
  return (
    <Stack>
      {guest ? <Alert>{library.guestsRegister}</Alert> : <CodeForm />}
      {claims.isLoadingError ? (
        <Failure error={claims.error} retry={() => void claims.refetch()} />
      ) : claims.data === undefined ? (
        <Waiting rows={2} />
      ) : (
        claims.data.length > 0 && (
          <ul className={`sheet ${classes.list}`}>
            {claims.data.map((claim) => (
              <ClaimLine key={claim.id} claim={claim} />
            ))}
          </ul>
        )
      )}
    </Stack>
  );
}

function CodeForm() {
  const { library } = useMessages();
  const [code, setCode] = useState("");
  const claiming = useMutation({
    mutationFn: () => answer(api.POST("/players/me/claim", { body: { code: code.trim() } })),
    onSuccess: async () => {
      setCode("");
      await queryClient.invalidateQueries();
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    claiming.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <Text c="dimmed">{library.claimsHow}</Text>
        <Group wrap="nowrap" gap="xs">
          <TextInput
            flex={1}
            size="md"
            aria-label={library.code}
            placeholder={library.code}
            maxLength={40}
            autoComplete="off"
            spellCheck={false}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" variant="light" loading={claiming.isPending} disabled={code.trim() === ""}>
            {library.useCode}
          </Button>
        </Group>
        {claiming.isError && <Failure error={claiming.error} dismiss={() => claiming.reset()} />}
        {claiming.data && <Alert role="status">{library.merged(claiming.data.player.display_name)}</Alert>}
      </Stack>
    </form>
  );
}

function ClaimLine({ claim }: { claim: Claim }) {
  const { library } = useMessages();
  const params = { path: { id: claim.id } };
  const deciding = useMutation({
    mutationFn: async (what: "approve" | "reject" | "withdraw") => {
      if (what === "approve") await answer(api.POST("/claims/{id}/approve", { params }));
      if (what === "reject") await answer(api.POST("/claims/{id}/reject", { params }));
      if (what === "withdraw") await answer(api.DELETE("/players/me/claims/{id}", { params }));
    },
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const toDecide = claim.direction === "incoming" && claim.status === "pending";
  const { display_name: player } = claim.player;
  return (
    <li className={classes.line}>
      <Stack gap={4} className={classes.grow}>
        <Text fw={600}>
          {claim.direction === "incoming"
            ? library.claimIncoming(claim.claimant.display_name, player)
            : library.claimOutgoing(player)}
        </Text>
        <Text size="sm" c="dimmed">
          {library.claimStatus[claim.status]}
        </Text>
        {deciding.isError && <Failure error={deciding.error} />}
        <Group gap="xs">
          {toDecide && (
            <>
              <Button size="sm" loading={deciding.isPending} onClick={() => deciding.mutate("approve")}>
                {library.approve}
              </Button>
              <Button size="sm" variant="default" onClick={() => deciding.mutate("reject")}>
                {library.reject}
              </Button>
            </>
          )}
          {!toDecide && claim.status !== "rejected" && (
            <Button size="sm" variant="default" onClick={() => deciding.mutate("withdraw")}>
              {claim.status === "approved" ? library.split : library.withdraw}
            </Button>
          )}
        </Group>
      </Stack>
    </li>
  );
}
