// The cover of a game: its letters on its colour.
import { Avatar, isLightColor } from "@mantine/core";
import type { Game } from "@/api/types";

const EVEN = 0.179; // the luminance on which black and white are read equally well

export function GameCover({ game, size = 44 }: { game: Game; size?: number }) {
  const placeholder = { color: isLightColor(game.color, EVEN) ? "black" : "white" };
  return (
    <Avatar aria-hidden size={size} radius="md" variant="filled" color={game.color} styles={{ placeholder }}>
      {game.initials}
    </Avatar>
  );
}
