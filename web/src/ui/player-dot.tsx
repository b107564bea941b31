// A person's initial on a colour that stays theirs.
import { Avatar } from "@mantine/core";

const COLOURS = ["teal", "indigo", "orange", "grape", "cyan", "red", "lime", "pink", "blue", "yellow"];

export function PlayerDot({ id, name, size = 32 }: { id: string; name: string; size?: number }) {
  let sum = 7;
  for (let at = 0; at < id.length; at++) sum = (sum * 31 + id.charCodeAt(at)) % 9973;
  const [first] = new Intl.Segmenter().segment(name); // a letter as people count them, emoji included
  return (
    <Avatar aria-hidden size={size} radius="xl" color={COLOURS[sum % COLOURS.length] ?? "teal"}>
      {first?.segment.toLocaleUpperCase()}
    </Avatar>
  );
}
