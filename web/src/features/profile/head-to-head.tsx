// Against whom, and how it went; above it whom one fears and whom one beats.
import { Anchor, Button, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { Figures } from "@/api/types";
import { sessionsPage } from "@/features/profile/links";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { PlayerDot } from "@/ui/player-dot";
import classes from "@/features/profile/profile.module.css";

type Opponent = Figures["head_to_head"][number];

const AT_ONCE = 12;

/** Who is furthest ahead by `lead`; nobody where nobody is ahead. */
function furthest(opponents: readonly Opponent[], lead: (each: Opponent) => number): Opponent | undefined {
  const [first] = [...opponents].sort((a, b) => lead(b) - lead(a));
  return first !== undefined && lead(first) > 0 ? first : undefined;
}

export function HeadToHead({ opponents }: { opponents: readonly Opponent[] }) {
  const { profile, lists } = useMessages();
  const format = useFormat();
  const [shown, setShown] = useState(AT_ONCE);
  const nemesis = furthest(opponents, (each) => each.lost - each.won);
  const minion = furthest(opponents, (each) => each.won - each.lost);
  return (
    <Stack gap="sm">
      <div className={classes.rivals}>
        {nemesis && <Rival opponent={nemesis} label={profile.nemesis} hint={profile.nemesisHint} />}
        {minion && <Rival opponent={minion} label={profile.minion} hint={profile.minionHint} />}
      </div>
      <div className={`sheet ${classes.scroll}`} tabIndex={0} role="group" aria-label={profile.headToHead}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{profile.opponent}</Table.Th>
              <Table.Th>{profile.played}</Table.Th>
              <Table.Th>{profile.won}</Table.Th>
              <Table.Th>{profile.tied}</Table.Th>
              <Table.Th>{profile.lost}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {opponents.slice(0, shown).map((each) => (
              <Table.Tr key={each.player_id}>
                <Table.Th scope="row">
                  <Anchor component={Link} to={`/players/${each.player_id}`}>
                    {format.name(each.name)}
                  </Anchor>
                </Table.Th>
                <Table.Td>
                  <Anchor component={Link} to={sessionsPage(each.sessions)}>
                    {format.number(each.played)}
                  </Anchor>
                </Table.Td>
                <Table.Td>{format.number(each.won)}</Table.Td>
                <Table.Td>{format.number(each.tied)}</Table.Td>
                <Table.Td>{format.number(each.lost)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {opponents.length > shown && (
        <Button variant="default" onClick={() => setShown(opponents.length)}>
          {lists.more}
        </Button>
      )}
    </Stack>
  );
}

function Rival({ opponent, label, hint }: { opponent: Opponent; label: string; hint: string }) {
  const format = useFormat();
  const name = format.name(opponent.name);
  return (
    <Link to={sessionsPage(opponent.sessions)} className={`sheet ${classes.rival}`}>
      <PlayerDot id={opponent.player_id} name={name} />
      <div>
        <Text size="sm" c="dimmed">
          {label}
        </Text>
        <Text fw={600}>{name}</Text>
        <Text size="xs" c="dimmed">
          {hint} ({opponent.won} : {opponent.lost})
        </Text>
      </div>
    </Link>
  );
}
