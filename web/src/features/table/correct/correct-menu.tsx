// What can still be changed of a session that is over, by those who may.
import { Button, Menu } from "@mantine/core";
import type { Player, Session } from "@/api/types";
import { useMessages } from "@/i18n/language";

export type Correcting = "value" | "winners" | "void";

/** What `me` may correct: scorekeepers the result, the host whether it counts at all. */
export function correctable(session: Session, me: Player | null): Correcting[] {
  if (me === null || session.status !== "finished" || session.voided) return [];
  const keepsScore = session.rules === "scoresheet" && session.scorekeepers.includes(me.id);
  return [
    ...(keepsScore && session.stats.length > 0 ? (["value"] as const) : []),
    ...(keepsScore && session.win !== "none" ? (["winners"] as const) : []),
    ...(session.host_id === me.id ? (["void"] as const) : []),
  ];
}

interface CorrectMenuProps {
  choices: readonly Correcting[];
  onPick: (choice: Correcting) => void;
}

export function CorrectMenu({ choices, onPick }: CorrectMenuProps) {
  const { correct } = useMessages();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">{correct.open}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item
            key={choice}
            c={choice === "void" ? "var(--danger)" : undefined}
            onClick={() => onPick(choice)}
          >
            {correct.choices[choice]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
