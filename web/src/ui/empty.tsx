// An empty place that says what to do.
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

export function Empty({ what, how, children }: { what: string; how: string; children?: ReactNode }) {
  return (
    <Stack className="sheet" align="center" gap="xs" p="lg" ta="center">
      <Text fw={600}>{what}</Text>
      <Text c="dimmed">{how}</Text>
      {children}
    </Stack>
  );
}
