import { MantineProvider } from "@mantine/core";
import { onlineManager } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Waiting } from "@/ui/waiting";

afterEach(cleanup);

test("what waits for the network says so, until it is back", () => {
  render(<Waiting />, { wrapper: MantineProvider });
  expect(screen.queryByRole("alert")).toBeNull();
  act(() => onlineManager.setOnline(false));
  expect(screen.getByRole("alert").textContent).toContain("Check your network");
  act(() => onlineManager.setOnline(true));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("what waits for long says that it goes on", () => {
  vi.useFakeTimers();
  render(<Waiting />, { wrapper: MantineProvider });
  expect(screen.queryByRole("status")).toBeNull();
  act(() => void vi.advanceTimersByTime(4_000));
  expect(screen.getByRole("status").textContent).toContain("Still trying");
  vi.useRealTimers();
});
