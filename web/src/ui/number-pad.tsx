// The app's own number pad: big keys, a sign key, sums; typing on a keyboard does the same.
import { Button, Text } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useFormat } from "@/i18n/format";
import { useMessages } from "@/i18n/language";
import { Icon } from "@/ui/icons";
import { isSum, parseSum, pressed, type Key } from "@/ui/sum";
import classes from "@/ui/number-pad.module.css";

interface NumberPadProps {
  text: string;
  onText: (text: string) => void;
  decimals: boolean;
  /** What is there already. */
  placeholder: string;
}

const typed: Partial<Record<string, Key>> = { ",": ".", Backspace: "back" };

export function NumberPad({ text, onText, decimals, placeholder }: NumberPadProps) {
  const { pad } = useMessages();
  const format = useFormat();
  const sum = parseSum(text, decimals);

  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const key = typed[event.key] ?? (/^[0-9.+-]$/.test(event.key) ? (event.key as Key) : undefined);
      if (key === undefined) return;
      event.preventDefault();
      onText(pressed(text, key, decimals));
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [text, onText, decimals]);

  const key = (name: Key, face: ReactNode = name, label?: string, width = "") => (
    <Button
      key={name}
      variant={/\d/.test(name) ? "default" : "light"}
      className={`${classes.key} ${width}`}
      aria-label={label}
      onMouseDown={(event) => event.preventDefault()} // the focus stays on OK, for the Enter key
      onClick={() => onText(pressed(text, name, decimals))}
    >
      {face}
    </Button>
  );

  return (
    <>
      <output className={classes.display} aria-live="polite">
        {text === "" ? (
          <Text inherit c="dimmed">
            {placeholder}
          </Text>
        ) : (
          <span>{format.number(text)}</span>
        )}
        {isSum(text) && sum !== null && <Text inherit>= {format.number(sum)}</Text>}
      </output>
      <div className={classes.keys}>
        {key("7")}
        {key("8")}
        {key("9")}
        {key("back", <Icon name="back" size={24} />, pad.back)}
        {key("4")}
        {key("5")}
        {key("6")}
        {key("+", "+", pad.plus)}
        {key("1")}
        {key("2")}
        {key("3")}
        {key("sign", "±", pad.sign)}
        {decimals && key(".", format.decimalMark)}
        {key("0", "0", undefined, decimals ? classes.wide : classes.wider)}
      </div>
    </>
  );
}
