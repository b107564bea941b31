// For somebody who watches: becoming one of the players.
import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { answer, api } from "@/api/client";
import { queryClient, sessionQuery } from "@/api/queries";
import type { Player, Session } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { useDialog } from "@/ui/dialog";
import { Failure } from "@/ui/failure";
import { PlayerDot } from "@/ui/player-dot";

export function TakeSeat({ session, me }: { session: Session; me: Player }) {
  const { table } = useMessages();
  const [search, setSearch] = useSearchParams();
  const open = search.has("seat");
  const show = (shown: boolean): void => setSearch(shown ? { seat: "" } : {}, { replace: true });
  const asked = session.requests.some((request) => request.player_id === me.id);
  return (
    <>
      <Alert role="note" color="gray" variant="light" py="xs">
        <Group justify="space-between">
          <Text>{asked ? table.asked : table.watching}</Text>
          {!asked && (
            <Button size="sm" variant="light" onClick={() => show(true)}>
              {table.takeSeat}
            </Button>
          )}
        </Group>
      </Alert>
      {open && !asked && <SeatDialog session={session} me={me} onClose={() => show(false)} />}
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
          .filter((seat) => !seat.is_bot)
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
