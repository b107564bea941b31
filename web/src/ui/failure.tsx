// Errors in words: what happened, and how to go on.
import { Alert, Button, Group, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Problem, Unreachable } from "@/api/problem";
import type { Messages } from "@/i18n/en";
import { useMessages } from "@/i18n/language";
import { refusedText } from "@/ui/refused";

/** What happened and how to go on, for any error. */
export function explain(error: unknown, messages: Messages): { what: string; how: string } {
  const { problems, fields } = messages;
  if (error instanceof Unreachable) return { what: problems.unreachable, how: problems.unreachableHow };
  if (error instanceof Problem) {
    const known = problems.codes[error.code];
    if (known !== undefined) return { what: known, how: "" };
    if (error.errors.length > 0) return { what: fields.check, how: refusedText(error, messages) };
    return { what: error.detail === "" ? problems.unknown : error.detail, how: "" };
  }
  return { what: problems.unknown, how: problems.unknownHow };
}

interface FailureProps {
  error: unknown;
  title?: string;
  /** For what failed to load; any other failure answers what somebody just did, and comes into their view. */
  retry?: () => void;
  dismiss?: () => void;
}

export function Failure({ error, title, retry, dismiss }: FailureProps) {
  const messages = useMessages();
  const { what, how } = explain(error, messages);
  const shown = useRef<HTMLDivElement>(null);
  const answers = retry === undefined;
  useEffect(() => {
    if (answers) shown.current?.scrollIntoView({ block: "nearest" });
  }, [answers]);
  return (
    <Alert
      ref={shown}
      role="alert"
      color="red"
      title={title ?? what}
      withCloseButton={dismiss !== undefined}
      closeButtonLabel={messages.app.close}
      {...(dismiss && { onClose: dismiss })}
    >
      <Group justify="space-between">
        <div>
          {title !== undefined && <Text size="sm">{what}</Text>}
          {how !== "" && how !== what && <Text size="sm">{how}</Text>}
        </div>
        {retry && (
          <Button size="sm" variant="default" onClick={retry}>
            {messages.app.again}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
