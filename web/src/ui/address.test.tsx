import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { Link, MemoryRouter, useLocation } from "react-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useChoice, useSearch } from "@/ui/address";

const TABS = ["sheet", "course", "chart"] as const;

function Page() {
  const [tab, setTab] = useChoice("tab", TABS);
  const { q, typed, type } = useSearch();
  return (
    <>
      <output>{[useLocation().search, tab, q].join(" ")}</output>
      {TABS.map((each) => (
        <button key={each} onClick={() => setTab(each)}>
          {each}
        </button>
      ))}
      <input value={typed} onChange={(event) => type(event.currentTarget.value)} />
      <Link to="/">Begin anew</Link>
    </>
  );
}

const open = (address: string) =>
  render(
    <MemoryRouter initialEntries={[address]}>
      <Page />
    </MemoryRouter>,
  );
const shown = () => screen.getByRole("status").textContent;
const field = () => screen.getByRole<HTMLInputElement>("textbox");
const settle = (): void => {
  act(() => {
    vi.advanceTimersByTime(300);
  });
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test("a choice stands in the address beside what else is there; the first goes without saying", () => {
  open("/?q=go&tab=course");
  expect(shown()).toBe("?q=go&tab=course course go");
  fireEvent.click(screen.getByText("chart"));
  expect(shown()).toBe("?q=go&tab=chart chart go");
  fireEvent.click(screen.getByText("sheet"));
  expect(shown()).toBe("?q=go sheet go");
});

test("an address that names no such choice shows the first", () => {
  open("/?tab=nonsense");
  expect(shown()).toBe("?tab=nonsense sheet ");
});

test("a search comes into the address once it is typed, and the field keeps what is typed", () => {
  open("/?tab=chart");
  fireEvent.change(field(), { target: { value: "Ana " } });
  expect(shown()).toBe("?tab=chart chart ");
  settle();
  expect(shown()).toBe("?tab=chart&q=Ana chart Ana");
  expect(field().value).toBe("Ana ");
});

test("a link to the page without a search empties the field", () => {
  open("/?q=Ana");
  expect(field().value).toBe("Ana");
  fireEvent.click(screen.getByText("Begin anew"));
  settle();
  expect([shown(), field().value]).toEqual([" sheet ", ""]);
});
