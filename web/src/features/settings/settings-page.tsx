// The account: profile, e-mail, password, signed-in devices, one's data.
import { Alert, Button, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { accountQuery } from "@/api/queries";
import { DataForm } from "@/features/settings/data-form";
import { PasswordForm } from "@/features/settings/password-form";
import { ProfileForm } from "@/features/settings/profile-form";
import { SignIns } from "@/features/settings/sign-ins";
import { useMessages } from "@/i18n/language";
import { Failure } from "@/ui/failure";
import { usePageTitle } from "@/ui/title";
import { Waiting } from "@/ui/waiting";

export default function SettingsPage() {
  const { settings, entry } = useMessages();
  const account = useQuery(accountQuery);
  usePageTitle(settings.title);
  if (account.isLoadingError) return <Failure error={account.error} retry={() => void account.refetch()} />;
  if (account.data === undefined) return <Waiting />;
  const guest = account.data.kind === "guest";
  return (
    <Stack maw={640} mx="auto" gap="lg">
      <Title order={1} size="h2">
        {settings.title}
      </Title>
      {guest && (
        <Alert>
          <Stack align="start">
            {settings.guest}
            <Button component={Link} to="/enter" size="sm">
              {entry.register}
            </Button>
          </Stack>
        </Alert>
      )}
      <Section title={settings.profile}>
        <ProfileForm account={account.data} />
      </Section>
      {!guest && (
        <Section title={settings.password}>
          <PasswordForm />
        </Section>
      )}
      <Section title={settings.signIns}>
        <SignIns />
      </Section>
      <Section title={settings.data}>
        <DataForm guest={guest} />
      </Section>
    </Stack>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack component="section" className="sheet" p="md" gap="sm" aria-label={title}>
      <Title order={2} size="h4">
        {title}
      </Title>
      {children}
    </Stack>
  );
}
