// An empty place that says what to do.
import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface EmptyProps {
  what: string;
  how: string;
  /** Whether it is the whole page. */
  heading?: boolean;
  children?: ReactNode;
}

export function Empty({ what, how, heading = false, children }: EmptyProps) {
  return (
    <Stack className="sheet" align="center" gap="xs" p="lg" ta="center">
      {heading ? (
        <Title order={1} size="md" fw={600}>
          {what}
        </Title>
      ) : (
        <Text fw={600}>{what}</Text>
      )}
      <Text c="dimmed">{how}</Text>
      {children}
    </Stack>
  );
}
