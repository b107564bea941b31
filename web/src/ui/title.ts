// The title of the browser tab says where one is.
import { useEffect } from "react";

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Tallybook" : `${title} · Tallybook`;
  }, [title]);
}
