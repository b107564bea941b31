// All that a correction would change, in words: who, and from what to what.
import { List, Stack, Text, Title } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { achievementQuery, playerQuery } from "@/api/queries";
import type { Preview, Session } from "@/api/types";
import { scoreTypeOf } from "@/features/table/columns";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";

type Standing = Preview["standings"][number]["before"];
type Tally = NonNullable<Preview["statistics"][number]["before"]>;

interface Line {
  key: string;
  who: string;
  what: string;
}

interface Change {
  key: string;
  who: string;
  what?: string;
  before: string;
  after: string;
}

export function ChangeList({ session, preview }: { session: Session; preview: Preview }) {
  const { correct, table, end, history, profile } = useMessages();
  const format = useFormat();
  const nameOf = useNames(session);
  const achievementOf = useAchievements(session, preview);
  const scoreType = scoreTypeOf(session);
  const score = (value: number | string | null): string => format.score(value, scoreType);
  const cooperative = session.win === "cooperative";
  const competitive = !cooperative && session.win !== "none";

  const standing = (each: Standing | null): string => {
    if (each === null) return correct.gone;
    const parts = [
      cooperative && (each.winner === true ? end.won : end.lost),
      each.place !== null && competitive && table.place(each.place),
      each.score !== null && score(each.score),
      each.winner === true && !cooperative && history.outcomes.won,
    ];
    return parts.filter((part) => part !== false).join(", ");
  };
  const [best, worst] =
    session.win === "lowest" ? (["lowest", "highest"] as const) : (["highest", "lowest"] as const);
  const figures: [keyof Tally, string][] = [
    ["played", profile.played],
    ["won", profile.won],
    ["lost", profile.lost],
    ["tied", profile.tied],
    ["current_streak", profile.streak],
    ["longest_streak", profile.longest],
    [best, profile.best],
    [worst, profile.worst],
  ];
  /** What reads the same before and after is no change to anybody. */
  const seen = (changes: Change[]): Line[] =>
    changes
      .filter(({ before, after }) => before !== after)
      .map(({ key, who, what, before, after }) => {
        const became = before === "" ? after : correct.change(before, after);
        return { key, who, what: what === undefined ? became : `${what} ${became}` };
      });
  const figure = (tally: Tally | null, name: keyof Tally): string => {
    const value = tally?.[name] ?? null;
    if (name === "highest" || name === "lowest") return score(value);
    return format.number(value ?? 0);
  };
  const inGame = preview.statistics.filter(({ game_id }) => game_id !== null);
  const number = (value: number | string | null): string => format.score(value, "number");

  const parts: [string, Line[]][] = [
    [
      correct.standings,
      seen(
        preview.standings.map(({ seat, player_id, before, after }) => ({
          key: String(seat),
          who: nameOf(player_id),
          before: standing(before),
          after: standing(after),
        })),
      ),
    ],
    [
      correct.statistics,
      seen(
        inGame.flatMap(({ player_id, mode, before, after }) =>
          figures.map(([name, label]) => ({
            key: `${player_id} ${mode} ${name}`,
            who: nameOf(player_id),
            what: label,
            before: figure(before, name),
            after: figure(after, name),
          })),
        ),
      ),
    ],
    [
      correct.ratings,
      seen(
        preview.ratings.map(({ player_id, before, after }) => ({
          key: player_id,
          who: nameOf(player_id),
          before: number(before),
          after: number(after),
        })),
      ),
    ],
    [
      correct.boards,
      seen(
        preview.boards.map(
          ({ board_id, name, season, score_type, member_id, team, period, before, after }) => ({
            key: `${board_id} ${member_id} ${period ?? ""}`,
            who: team ?? nameOf(member_id),
            what: season === null ? name : `${name} · ${season}`,
            before: format.score(before, score_type),
            after: format.score(after, score_type),
          }),
        ),
      ),
    ],
    [
      correct.achievements,
      preview.achievements.map(({ player_id, achievement_id, key, change }) => ({
        key: `${player_id} ${achievement_id}`,
        who: nameOf(player_id),
        what: correct.achievement[change](achievementOf(achievement_id) ?? key),
      })),
    ],
  ];
  const changed = parts.filter(([, lines]) => lines.length > 0);
  return (
    <Stack gap="xs">
      {changed.map(([heading, lines]) => (
        <section key={heading}>
          <Title order={3} size="sm">
            {heading}
          </Title>
          <List listStyleType="none" size="sm">
            {lines.map(({ key, who, what }) => (
              <List.Item key={key}>
                <Text span inherit fw={600}>
                  {who}
                </Text>{" "}
                {what}
              </List.Item>
            ))}
          </List>
        </section>
      ))}
      {preview.other_ratings > 0 && <Text size="sm">{correct.others(preview.other_ratings)}</Text>}
      {changed.length === 0 && <Text size="sm">{correct.nothing}</Text>}
    </Stack>
  );
}

/** Names of those at the table, by which the persons that they are go too. */
function useNames(session: Session): (id: string) => string {
  const { people } = useMessages();
  const format = useFormat();
  const seats = session.result?.seats ?? [];
  const names = new Map(seats.map(({ player_id, name }) => [player_id, format.name(name)]));
  const players = useQueries({ queries: [...names.keys()].map(playerQuery) });
  for (const { data } of players) {
    const [person, name] = [data?.claimed_by, names.get(data?.id ?? "")];
    if (person !== undefined && name !== undefined && !names.has(person)) names.set(person, name);
  }
  return (id) => names.get(id) ?? people.somebody;
}

function useAchievements(session: Session, preview: Preview): (id: string) => string | undefined {
  const ids = [...new Set(preview.achievements.map(({ achievement_id }) => achievement_id))];
  const found = useQueries({ queries: ids.map((id) => achievementQuery(session.game_id, id)) });
  return (id) => found.find(({ data }) => data?.id === id)?.data?.name ?? undefined;
}
