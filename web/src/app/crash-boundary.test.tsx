import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Suspense, type ComponentType } from "react";
import { Link, MemoryRouter, Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CrashBoundary } from "@/app/crash-boundary";
import { page } from "@/app/pages";

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined)); // React tells of crashes
afterEach(cleanup);

function open(Page: ComponentType): void {
  render(
    <MantineProvider env="test">
      <MemoryRouter initialEntries={["/page"]}>
        <Link to="/">Home</Link>
        <CrashBoundary>
          <Suspense>
            <Routes>
              <Route path="/" element="at home" />
              <Route path="/page" element={<Page />} />
            </Routes>
          </Suspense>
        </CrashBoundary>
      </MemoryRouter>
    </MantineProvider>,
  );
}

const loaded = { default: () => <>the page</> };

test("a page that cannot be loaded says that the network is away, and is tried again when asked", async () => {
  const load = vi.fn(() => Promise.reject<typeof loaded>(new TypeError("Failed to fetch")));
  open(page(load));
  await screen.findByText("The server does not answer");
  expect(load).toHaveBeenCalledOnce();
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("The server does not answer");
  load.mockResolvedValue(loaded);
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("the page");
});

test("and by itself when the network is back", async () => {
  const load = vi.fn(() => Promise.reject<typeof loaded>(new TypeError("Failed to fetch")));
  open(page(load));
  await screen.findByText("The server does not answer");
  load.mockResolvedValue(loaded);
  fireEvent(window, new Event("online"));
  await screen.findByText("the page");
});

test("a page that breaks takes no other with it", async () => {
  open(() => {
    throw new Error("broken");
  });
  await screen.findByText("Something broke on this page");
  fireEvent.click(screen.getByRole("link", { name: "Home" }));
  await screen.findByText("at home");
});
