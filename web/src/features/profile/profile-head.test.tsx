import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import type { Presented } from "@/api/types";
import { FollowButton } from "@/features/profile/profile-head";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

test("whom one follows is found, however many there are", async () => {
  const pages = [
    { items: [{ id: "ben" }], next_cursor: "more" },
    { items: [{ id: "cleo" }], next_cursor: null },
  ];
  const asked = vi.spyOn(api, "GET");
  for (const data of pages) asked.mockResolvedValueOnce({ data, response: new Response() } as never);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <FollowButton player={{ id: "cleo" } as Presented} />
      </MantineProvider>
    </QueryClientProvider>,
  );
  const button = await screen.findByRole("button", { name: "Following" });
  expect(button.getAttribute("aria-pressed")).toBe("true");
  expect(asked).toHaveBeenCalledTimes(2);
});
