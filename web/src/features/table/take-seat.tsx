// For somebody who watches: becoming one of the players.
import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDidUpdate } from "@mantine/hooks";
import { useMutation, useQueries } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { answer, api } from "@/api/client";
import { playerQuery, queryClient, sessionQuery } from "@/api/queries";
import type { Player, Session } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";
import { rescueFocus } from "@/ui/focus";
import { PlayerDot } from "@/ui/player-dot";

export function TakeSeat({ session, me }: { session: Session; me: Player }) {
  const { library, table } = useMessages();
  const format = useFormat();
  const [search, setSearch] = useSearchParams();
  const wanted = search.has("seat");
  const [open, setOpen] = useState(wanted);
  // The address is that of the table before the dialog enters the history, or going back would open it again.
  useEffect(() => {
    if (wanted) setSearch({}, { replace: true });
  }, [wanted, setSearch]);
  const asked = session.requests.find((request) => request.player_id === me.id);
  useDidUpdate(rescueFocus, [asked === undefined]); // the button that takes it back goes with it
  const withdrawing = useMutation({
    mutationFn: (decline: { seat: number; player_id: string }) =>
      answer(api.POST("/sessions/{id}/seats", { params: { path: { id: session.id } }, body: { decline } })),
    onSettled: () => queryClient.invalidateQueries(sessionQuery(session.id)),
  });
  const askedFor = session.seats.find((seat) => seat.seat === asked?.seat);
  return (
    <>
      <Alert role="note" color="gray" variant="light" py="xs">
        <Group justify="space-between">
          <Text>{askedFor ? table.asked(format.name(askedFor.name)) : table.watching}</Text>
          <Group gap="xs">
            {asked && (
              <Button
                size="sm"
                variant="default"
                loading={withdrawing.isPending}
                onClick={() => withdrawing.mutate({ seat: asked.seat, player_id: me.id })}
              >
                {library.withdraw}
              </Button>
            )}
            <Button size="sm" variant="light" onClick={() => setOpen(true)}>
              {askedFor ? table.askAgain : table.takeSeat}
            </Button>
          </Group>
        </Group>
        {withdrawing.isError && <Failure error={withdrawing.error} dismiss={() => withdrawing.reset()} />}
      </Alert>
      {open && !wanted && <SeatDialog session={session} me={me} onClose={() => setOpen(false)} />}
    </>
  );
}

interface SeatDialogProps {
  session: Session;
  me: Player;
  onClose: () => void;
}

function SeatDialog({ session, me, onClose }: SeatDialogProps) {
  const { table } = useMessages();
  const format = useFormat();
  const dialog = useDialog(onClose);
  // Everybody else sits there themselves.
  const kinds = useQueries({ queries: session.seats.map((seat) => playerQuery(seat.player_id)) });
  const joining = useMutation({
    mutationFn: (seat: { seat: number } | { name: string }) =>
      answer(api.POST("/rooms/by-key/{key}/join", { params: { path: { key: session.key } }, body: seat })),
    onSuccess: async () => {
      await queryClient.invalidateQueries(sessionQuery(session.id));
      onClose();
    },
  });
  return (
    <Modal {...dialog} title={table.whoAreYou}>
      <Stack>
        {joining.isError && <Failure error={joining.error} />}
        <Text size="sm" c="dimmed">
          {table.seatHint}
        </Text>
        {session.seats
          .filter((_, place) => kinds[place]?.data?.kind === "named")
          .map((seat) => (
            <Button
              key={seat.seat}
              variant="default"
              justify="start"
              leftSection={<PlayerDot id={seat.player_id} name={format.name(seat.name)} size={26} />}
              loading={joining.isPending}
              onClick={() => joining.mutate({ seat: seat.seat })}
            >
              <Text span inherit truncate>
                {table.iAm(format.name(seat.name))}
              </Text>
            </Button>
          ))}
        <Button
          variant="light"
          loading={joining.isPending}
          onClick={() => joining.mutate({ name: me.display_name })}
        >
          <Text span inherit truncate>
            {table.newSeat(me.display_name)}
          </Text>
        </Button>
      </Stack>
    </Modal>
  );
}
