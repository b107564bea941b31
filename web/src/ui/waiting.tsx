// The outline of a page that is on its way; it says why it does not come, or that it takes long.
import { Alert, Skeleton, Stack, Text } from "@mantine/core";
import { onlineManager } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useMessages } from "@/i18n/language";

const LONG_MS = 4_000;

const subscribe = (listener: () => void): (() => void) => onlineManager.subscribe(listener);

export function Waiting({ rows = 4 }: { rows?: number }) {
  const { problems } = useMessages();
  const online = useSyncExternalStore(subscribe, () => onlineManager.isOnline());
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Stack>
      {online && long && (
        <Text role="status" c="dimmed">
          {problems.long}
        </Text>
      )}
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
