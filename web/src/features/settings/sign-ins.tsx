// Where one is signed in, and ending it from afar.
import { Badge, Button, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { queryClient, signInsQuery } from "@/api/queries";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import classes from "@/ui/list.module.css";
import { Waiting } from "@/ui/waiting";

export function SignIns() {
  const { settings } = useMessages();
  const format = useFormat();
  const devices = useQuery(signInsQuery);
  const ending = useMutation({
    mutationFn: (id: string | undefined) =>
      answer(
        id === undefined
          ? api.DELETE("/players/me/sign-ins")
          : api.DELETE("/players/me/sign-ins/{id}", { params: { path: { id } } }),
      ),
    onSettled: () => queryClient.invalidateQueries(signInsQuery),
  });
  if (devices.isLoadingError) return <Failure error={devices.error} retry={() => void devices.refetch()} />;
  if (devices.data === undefined) return <Waiting rows={2} />;
  return (
    <Stack gap="sm">
      {ending.isError && <Failure error={ending.error} />}
      <ul className={classes.list}>
        {devices.data.map((device) => (
          <li key={device.id} className={classes.line}>
            <div className={classes.grow}>
              <Text fw={600}>{device.device ?? settings.unknownDevice}</Text>
              <Text size="sm" c="dimmed">
                {settings.lastUsed(format.day(device.last_used_at))}
              </Text>
            </div>
            {device.current ? (
              <Badge variant="light">{settings.thisDevice}</Badge>
            ) : (
              <Button size="sm" variant="default" onClick={() => ending.mutate(device.id)}>
                {settings.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {devices.data.length > 1 && (
        <Button variant="default" loading={ending.isPending} onClick={() => ending.mutate(undefined)}>
          {settings.endOthers}
        </Button>
      )}
    </Stack>
  );
}
