// The outline of a page that is on its way.
import { Skeleton, Stack } from "@mantine/core";

export function Waiting({ rows = 4 }: { rows?: number }) {
  return (
    <Stack aria-busy="true">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={64} radius="md" />
      ))}
    </Stack>
  );
}
