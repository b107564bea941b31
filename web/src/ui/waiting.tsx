// The outline of a page that is on its way; without a network it says why it does not come.
import { Alert, Skeleton, Stack } from "@mantine/core";
import { onlineManager } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useMessages } from "@/i18n/language";

const subscribe = (listener: () => void): (() => void) => onlineManager.subscribe(listener);

export function Waiting({ rows = 4 }: { rows?: number }) {
  const { problems } = useMessages();
  const online = useSyncExternalStore(subscribe, () => onlineManager.isOnline());
  return (
    <Stack>
      {!online && (
        <Alert role="alert" color="yellow" title={problems.unreachable}>
          {problems.unreachableHow}
        </Alert>
      )}
      <Stack aria-busy="true">
        {Array.from({ length: rows }, (_, row) => (
          <Skeleton key={row} height={64} radius="md" />
        ))}
      </Stack>
    </Stack>
  );
}
