// The few signs the app needs, drawn with strokes in the colour of the text.
import type { ReactNode } from "react";

const paths = {
  undo: <path d="M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6" />,
  redo: <path d="m15 7 5 5-5 5M20 12H10a6 6 0 0 0-6 6" />,
  plus: <path d="M12 5v14M5 12h14" />,
  minus: <path d="M5 12h14" />,
  back: <path d="M9 5h11v14H9l-6-7zM12 9.5l5 5m0-5-5 5" />,
  people: (
    <path d="M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6" />
  ),
  share: <path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM14 19v1M19 14h1" />,
  more: <path d="M12 5.5v.01M12 12v.01M12 18.5v.01" strokeWidth={3.2} />,
  crown: <path d="m4 8 4 4 4-7 4 7 4-4-1.5 10h-13z" />,
  colours: <path d="M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18" />,
  account: <path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21a8 8 0 0 1 16 0" />,
  bin: <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13" />,
  check: <path d="m5 13 4 4L19 7" />,
  menu: <path d="M4 7h16M4 12h16M4 17h16" />,
  play: <path d="M8 5v14l11-7z" />,
  pause: <path d="M8 5v14M16 5v14" />,
  first: <path d="M6 5v14M18 6l-8 6 8 6" />,
  previous: <path d="m15 6-7 6 7 6" />,
  next: <path d="m9 6 7 6-7 6" />,
  last: <path d="M18 5v14M6 6l8 6-8 6" />,
} satisfies Record<string, ReactNode>;

export function Icon({ name, size = 20 }: { name: keyof typeof paths; size?: number }) {
  return (
    <svg
      aria-hidden
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {paths[name]}
    </svg>
  );
}
