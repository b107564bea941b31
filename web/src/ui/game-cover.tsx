// The cover of a game: its letters on its colour.
import { Avatar } from "@mantine/core";
import type { Game } from "@/api/types";

export function GameCover({ game, size = 44 }: { game: Game; size?: number }) {
  return (
    <Avatar aria-hidden size={size} radius="md" variant="filled" color={game.color} autoContrast>
      {game.initials}
    </Avatar>
  );
}
