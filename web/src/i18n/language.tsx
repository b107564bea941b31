// The language of the app: chosen once, remembered on the device, the browser's until then.
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { de } from "@/i18n/de";
import { en, type Messages } from "@/i18n/en";

const KEY = "tallybook.language";
const catalogues = { en, de };
export type Language = keyof typeof catalogues;

interface Speech {
  language: Language;
  messages: Messages;
  speak: (language: Language) => void;
}

const Spoken = createContext<Speech>({ language: "en", messages: en, speak: () => undefined });

function preferred(): Language {
  const wanted = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  return wanted in catalogues ? (wanted as Language) : "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speech = useMemo(
    () => ({
      language,
      messages: catalogues[language],
      speak: (next: Language) => {
        localStorage.setItem(KEY, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <Spoken value={speech}>{children}</Spoken>;
}

export const useLanguage = (): Speech => useContext(Spoken);
export const useMessages = (): Messages => useContext(Spoken).messages;
