// One correction from what is wrong to what follows from it.
import { Alert, Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Scoreboard, Session } from "@/api/types";
import { valueOf } from "@/live/board";
import { bodyOf, type Cell } from "@/live/commands";
import type { Correcting } from "@/features/table/correct/correct-menu";
import { ReviewDialog, type Draft } from "@/features/table/correct/review-dialog";
import { WinnersDialog } from "@/features/table/correct/winners-dialog";
import { CellEditor } from "@/features/table/cell-editor";
import { useEntryName } from "@/features/table/entry-name";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { announce } from "@/ui/announcer";

interface CorrectionProps {
  session: Session;
  board: Scoreboard;
  what: Correcting;
  /** The one of the sheet that was opened. */
  cell: Cell | undefined;
  onCellClose: () => void;
  onClose: () => void;
}

export function Correction({ session, board, what, cell, onCellClose, onClose }: CorrectionProps) {
  const { correct, table } = useMessages();
  const format = useFormat();
  const entryName = useEntryName();
  const [draft, setDraft] = useState<Draft | undefined>(
    what === "void" ? { name: correct.voidBody } : undefined,
  );
  const stat = session.stats.find((each) => each.name === cell?.stat);
  const seat = board.seats.find((each) => each.seat === cell?.seat);
  return (
    <>
      {what === "value" && <TapNote onCancel={onClose} />}
      {what === "winners" && !draft && (
        <WinnersDialog
          session={session}
          onPick={(result, said) => {
            const name = [correct.choices.winners, said].filter((part) => part !== "").join(": ");
            setDraft({ name, change: { result } });
          }}
          onClose={onClose}
        />
      )}
      {cell && stat && (
        <CellEditor
          cell={cell}
          stat={stat}
          name={cell.seat === null ? table.forTable : format.name(seat?.name ?? null)}
          value={valueOf(board, cell)}
          next={undefined}
          act={(command) => {
            if ("cell" in command) setDraft({ name: entryName(session, command), change: bodyOf(command) });
          }}
          onClose={onCellClose}
        />
      )}
      {draft && (
        <ReviewDialog
          session={session}
          draft={draft}
          onDone={onClose}
          onClose={what === "value" ? () => setDraft(undefined) : onClose}
        />
      )}
    </>
  );
}

/** Stands above the sheet and brings it into view. */
function TapNote({ onCancel }: { onCancel: () => void }) {
  const { app, correct } = useMessages();
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => {
    note.current?.scrollIntoView({ block: "start" });
    announce(correct.tap);
  }, [correct]);
  return (
    <Alert ref={note} role="note" color="gray" title={correct.tap}>
      <Button variant="default" onClick={onCancel}>
        {app.cancel}
      </Button>
    </Alert>
  );
}
