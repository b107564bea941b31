// An address that leads nowhere, and the way back.
import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useMessages } from "@/i18n/language";
import { Empty } from "@/ui/empty";
import { usePageTitle } from "@/ui/title";

export function NotFound() {
  const { app } = useMessages();
  usePageTitle(app.notFound);
  return (
    <Empty heading what={app.notFound} how={app.notFoundHow}>
      <Button component={Link} to="/">
        {app.home}
      </Button>
    </Empty>
  );
}
