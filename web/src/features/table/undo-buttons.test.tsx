import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { pastQuery } from "@/api/queries";
import { UndoButtons } from "@/features/table/undo-buttons";

afterEach(cleanup);

test("a button that has nothing to do does nothing, and keeps the focus", () => {
  const act = vi.fn();
  const client = new QueryClient();
  const wrote = { index: 1, prev_index: 0, type: "scoresheet.value_recorded.v1", actor: "ana" };
  const undone = { index: 2, prev_index: 1, type: "scoresheet.write_undone.v1", actor: "ana" };
  const opened = { index: 0, prev_index: -1, type: "session_created.v1", actor: "ana" };
  client.setQueryData(pastQuery("s").queryKey, [opened] as never);
  const buttons = (heard: (typeof wrote)[]) => (
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <UndoButtons sessionId="s" playerId="ana" state={{ entries: [], heard }} act={act} />
      </MantineProvider>
    </QueryClientProvider>
  );
  const { rerender } = render(buttons([wrote]));
  const [undo, redo] = [screen.getByLabelText("Undo"), screen.getByLabelText("Redo")];
  fireEvent.click(redo);
  expect(act).not.toHaveBeenCalled();
  undo.focus();
  fireEvent.click(undo);
  expect(act).toHaveBeenCalledExactlyOnceWith({ event: "undo" });

  rerender(buttons([wrote, undone]));
  expect([undo, redo].map((button) => button.getAttribute("aria-disabled"))).toEqual(["true", "false"]);
  expect(document.activeElement).toBe(undo);
});
