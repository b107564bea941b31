// The frame around every page: the name that leads home, colours, language, account.
import {
  ActionIcon,
  Box,
  Container,
  Group,
  Menu,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, NavLink, useLocation, useNavigate } from "react-router";
import { signOut, useMe } from "@/api/me";
import { useLanguage, useMessages } from "@/i18n/language";
import { GuestLeaves } from "@/app/guest-leaves";
import { Announcer } from "@/ui/announcer";
import { focusPage } from "@/ui/focus";
import { Icon } from "@/ui/icons";
import classes from "@/app/shell.module.css";

export function Shell({ children }: { children: ReactNode }) {
  const { messages, language, speak } = useLanguage();
  const { app, nav } = messages;
  const me = useMe();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  useFocusOnPage(me?.id);
  const guest = me?.kind === "guest";
  const [asking, { open, close }] = useDisclosure();
  const leaving = useMutation({ mutationFn: signOut, onSettled: () => navigate("/") });

  return (
    <>
      <a className="skip" href="#content">
        {app.skip}
      </a>
      <Box component="header" className={classes.header}>
        <Container size="lg" px="sm" className={classes.bar}>
          <Link to="/" className={classes.brand}>
            <img src="/favicon.svg" alt="" width={28} height={28} />
            <Text span fw={700} size="lg">
              Tallybook
            </Text>
          </Link>
          {me && <MainNav />}
          <Group gap={4}>
            <ActionIcon
              size="lg"
              variant="subtle"
              color="gray"
              aria-label={app.colours}
              onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
            >
              <Icon name="colours" />
            </ActionIcon>
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon size="lg" variant="subtle" color="gray" aria-label={app.account}>
                  <Icon name="account" />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                {me && <Menu.Label>{app.signedInAs(me.display_name)}</Menu.Label>}
                {guest && (
                  <Menu.Item component={Link} to="/enter">
                    {messages.entry.register}
                  </Menu.Item>
                )}
                {me && (
                  <>
                    <Menu.Item component={Link} to="/players/me">
                      {nav.profile}
                    </Menu.Item>
                    <Menu.Item component={Link} to="/settings">
                      {nav.settings}
                    </Menu.Item>
                    <Menu.Divider />
                  </>
                )}
                <Menu.Item onClick={() => speak(language === "en" ? "de" : "en")}>{app.language}</Menu.Item>
                {me && (
                  <Menu.Item onClick={() => (guest ? open() : leaving.mutate())}>{app.signOut}</Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          </Group>
        </Container>
      </Box>
      <Container component="main" id="content" size="lg" px="sm" py="md" tabIndex={-1}>
        {children}
      </Container>
      {guest && asking && <GuestLeaves onClose={close} onLeave={() => leaving.mutate()} />}
      <Announcer />
    </>
  );
}

/** Another page, or another person before it: the keyboard goes on from where the page begins. */
function useFocusOnPage(personId: string | undefined): void {
  const { pathname } = useLocation();
  const page = `${pathname} ${personId ?? ""}`;
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    focusPage();
  }, [page]);
}

const PAGES = ["history", "games", "people", "feed"] as const;

/** Links beside each other where there is room, else behind one button. */
function MainNav() {
  const { nav } = useMessages();
  return (
    <>
      <nav aria-label={nav.label} className={classes.wide}>
        {PAGES.map((page) => (
          <NavLink key={page} to={`/${page}`} className={classes.page}>
            {nav[page]}
          </NavLink>
        ))}
      </nav>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            size="lg"
            variant="subtle"
            color="gray"
            aria-label={nav.open}
            className={classes.narrow}
          >
            <Icon name="menu" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {PAGES.map((page) => (
            <Menu.Item key={page} component={Link} to={`/${page}`}>
              {nav[page]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
