// Joining by the key that somebody reads out across the table.
import { Button, Group, TextInput } from "@mantine/core";
import { useState, type SubmitEvent } from "react";
import { useNavigate } from "react-router";
import { useMessages } from "@/i18n/language";
import classes from "@/features/home/home.module.css";

const KEY = /^[A-HJKMNP-Z2-9]{6}$/;

export function JoinForm() {
  const { home } = useMessages();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (KEY.test(text)) void navigate(`/r/${text}`);
    else setWrong(true);
  };
  return (
    <form onSubmit={submit} aria-label={home.joinTitle} className={classes.join}>
      <Group align="start" gap="xs" wrap="nowrap">
        <TextInput
          size="md"
          flex={1}
          aria-label={home.key}
          placeholder={home.keyHint}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          error={wrong && home.keyWrong}
          value={text}
          onChange={(event) => {
            // A pasted link is as good as the key in it.
            const typed = event.currentTarget.value.toUpperCase().trim();
            setText(typed.slice(typed.lastIndexOf("/") + 1).replaceAll(/[\s-]/g, ""));
            setWrong(false);
          }}
        />
        <Button type="submit" variant="light" disabled={text === ""}>
          {home.join}
        </Button>
      </Group>
    </form>
  );
}
