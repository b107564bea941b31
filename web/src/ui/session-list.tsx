// Sessions in a list: the game, who sat there and how it came out; a line leads to its session.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { Link } from "react-router";
import { gameQuery } from "@/api/queries";
import type { Summary } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { winnersOf } from "@/ui/winners";
import classes from "@/ui/list.module.css";

export function SessionList({ sessions }: { sessions: readonly Summary[] }) {
  return (
    <ul className={`sheet ${classes.list}`}>
      {sessions.map((session) => (
        <SessionLine key={session.id} session={session} />
      ))}
    </ul>
  );
}

function SessionLine({ session }: { session: Summary }) {
  const { home, history } = useMessages();
  const format = useFormat();
  const game = useQuery(gameQuery(session.game_id));
  const score = (value: number | string): string => format.score(value, session.score_type);
  const winners = new Set(winnersOf(session.seats, session.mode === "cooperative"));
  const over = session.status === "finished" || session.status === "abandoned";
  return (
    <li>
      <Link to={over ? `/s/${session.id}` : `/r/${session.key}`} className={classes.line}>
        <div className={classes.grow}>
          <Text fw={600}>{game.data?.name ?? home.game}</Text>
          <Text size="sm" c="dimmed">
            {session.seats.map((seat, place) => (
              <Fragment key={seat.seat}>
                {place > 0 && " "}
                <span className={winners.has(seat) ? classes.winner : classes.seat}>
                  {format.name(seat.name)}
                  {seat.score !== null && ` ${score(seat.score)}`}
                  {winners.has(seat) && " ★"}
                  {place < session.seats.length - 1 && ","}
                </span>
              </Fragment>
            ))}
          </Text>
        </div>
        <Stack gap={2} align="end">
          <Group gap={4} justify="end">
            {session.voided && (
              <Badge color="red" variant="light">
                {history.voided}
              </Badge>
            )}
            {session.status !== "finished" && (
              <Badge variant={over ? "default" : "filled"}>{home.status[session.status]}</Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed" ta="right">
            {format.day(session.ended_at ?? session.started_at ?? session.created_at)}
          </Text>
        </Stack>
      </Link>
    </li>
  );
}
