// Which stat of a session is looked at; it stands in the address, and those that count come first.
import type { Session, Stat } from "@/api/types";
import { scoringOf } from "@/features/table/columns";
import { useChoice } from "@/ui/address";

/** Undefined where the session counts nothing by hand. */
export function useStat(session: Session): [Stat | undefined, (stat: Stat) => void] {
  const [first = "", ...others] = [...scoringOf(session), ...session.stats].map(({ name }) => name);
  const [chosen, choose] = useChoice("stat", [first, ...others]);
  return [session.stats.find(({ name }) => name === chosen), (stat) => choose(stat.name)];
}
