// Ids by which the server recognises a repeated write.
import { useCallback, useRef } from "react";

/** 128 random bits; `crypto.randomUUID` would be missing on a plain-http home network. */
export function newCommandId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** An id that stays while the content does: sending a form again after a lost answer repeats nothing. */
export function useCommandId(): (content: unknown) => string {
  const last = useRef({ content: "", id: "" });
  return useCallback((content) => {
    const text = JSON.stringify(content);
    if (last.current.content !== text) last.current = { content: text, id: newCommandId() };
    return last.current.id;
  }, []);
}
