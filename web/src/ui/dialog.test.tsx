import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useDialog } from "@/ui/dialog";

afterEach(cleanup);

const popped = (): Promise<unknown> =>
  new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));

async function goBack(): Promise<void> {
  const there = popped();
  history.back();
  await act(() => there);
}

test("going back closes the dialog and stays on the page", async () => {
  history.pushState({ page: "table" }, "", "/r/ABCDEF");
  const onClose = vi.fn();
  const { unmount } = renderHook(() => useDialog(onClose));
  await goBack();
  expect(onClose).toHaveBeenCalledOnce();
  unmount();
  expect(history.state).toEqual({ page: "table" });
  expect(location.pathname).toBe("/r/ABCDEF");
});

test("a dialog that was closed leaves nothing in the history", async () => {
  history.pushState({ page: "table" }, "");
  const onClose = vi.fn();
  const { unmount } = renderHook(() => useDialog(onClose));
  expect(history.state).toEqual({ page: "table", dialog: true });
  const there = popped();
  unmount();
  await there;
  expect(history.state).toEqual({ page: "table" });
  expect(onClose).not.toHaveBeenCalled();
});

test("a dialog that opens while the one before it goes stays open", async () => {
  history.pushState({ page: "table" }, "");
  const there = popped();
  renderHook(() => useDialog(vi.fn())).unmount();
  await Promise.resolve(); // on the way back
  const onClose = vi.fn();
  renderHook(() => useDialog(onClose));
  await there;
  expect(onClose).not.toHaveBeenCalled();
  expect(history.state).toEqual({ page: "table", dialog: true });
  await goBack();
  expect(onClose).toHaveBeenCalledOnce();
});

test("going back closes the innermost of two dialogs first", async () => {
  history.pushState({ page: "table" }, "");
  const outer = vi.fn();
  const inner = vi.fn();
  renderHook(() => useDialog(outer));
  renderHook(() => useDialog(inner));
  await goBack();
  expect([outer.mock.calls.length, inner.mock.calls.length]).toEqual([0, 1]);
  await goBack();
  expect(outer).toHaveBeenCalledOnce();
});
