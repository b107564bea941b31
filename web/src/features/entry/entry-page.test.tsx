import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import EntryPage from "@/features/entry/entry-page";

Element.prototype.scrollIntoView = () => undefined; // the simulated browser has none

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("whoever registers again after a lost answer asks for the same account", async () => {
  const keys: (string | null)[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    keys.push(request.headers.get("Idempotency-Key"));
    return Promise.reject(new TypeError("the connection was lost"));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <MemoryRouter>
          <EntryPage tableKey={undefined} />
        </MemoryRouter>
      </MantineProvider>
    </QueryClientProvider>,
  );
  fireEvent.click(screen.getByRole("tab", { name: "Register" }));
  const submits = async (times: number): Promise<void> => {
    fireEvent.submit(screen.getByLabelText(/Username/).closest("form") ?? document.body);
    await waitFor(() => expect(keys).toHaveLength(times));
    await screen.findByText("The server does not answer");
  };
  fireEvent.change(screen.getByLabelText(/Username/), { target: { value: "ana" } });
  fireEvent.change(screen.getByLabelText(/Password/), { target: { value: "a long secret" } });
  await submits(1);
  await submits(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);

  fireEvent.change(screen.getByLabelText(/Username/), { target: { value: "anna" } });
  await submits(3);
  expect(keys[2]).not.toBe(keys[0]);
});
