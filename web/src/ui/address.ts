// What one has chosen on a page stands in its address, so that going back, loading again and a sent link keep it.
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { NavigationType, useLocation, useNavigationType, useSearchParams } from "react-router";

const TYPING = 300; // milliseconds

function withChoice(address: URLSearchParams, name: string, value: string): URLSearchParams {
  const changed = new URLSearchParams(address);
  if (value === "") changed.delete(name);
  else changed.set(name, value);
  return changed;
}

/** One of several; the first goes without saying. */
export function useChoice<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): [Choice, (choice: Choice) => void] {
  const [address, setAddress] = useSearchParams();
  const [usual] = choices;
  const chosen = choices.find((choice) => choice === address.get(name)) ?? usual;
  const choose = (choice: Choice): void =>
    setAddress((now) => withChoice(now, name, choice === usual ? "" : choice), { replace: true });
  return [chosen, choose];
}

interface Search {
  /** What is searched for. */
  q: string;
  /** What stands in the field, which may be on its way there. */
  typed: string;
  type: (text: string) => void;
  /** Puts into the field what is in the address already. */
  show: (text: string) => void;
}

export function useSearch(): Search {
  const [address, setAddress] = useSearchParams();
  const q = address.get("q")?.trim() ?? "";
  const [typed, setTyped] = useState(q);
  const { key } = useLocation();
  const how = useNavigationType();
  const [shown, setShown] = useState(key);
  if (key !== shown) {
    setShown(key);
    if (how !== NavigationType.Replace) setTyped(q); // a link, or going back; the rest is what was typed here
  }
  const search = useDebouncedCallback((text: string) => {
    setAddress((now) => withChoice(now, "q", text.trim()), { replace: true });
  }, TYPING);
  const type = (text: string): void => {
    setTyped(text);
    search(text);
  };
  return { q, typed, type, show: setTyped };
}
