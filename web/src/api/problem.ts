// What the server refuses, and not reaching it at all, as errors a page can explain.

interface FieldError {
  field: string;
  message: string;
}

/** A refusal by the server, under its public code. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
    readonly status = 0,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(detail);
    this.name = "Problem";
  }

  /** Whether the same request may succeed a moment later. */
  get passing(): boolean {
    return ["rate_limited", "overloaded", "unavailable", "internal"].includes(this.code);
  }
}

/** No answer came: the network is away, or the server is. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super("no answer from the server", { cause });
    this.name = "Unreachable";
  }
}

/** The problem of a body that should be problem+json, whatever a proxy on the way made of it. */
export function problemOf(body: unknown, status: number): Problem {
  const fields = typeof body === "object" && body !== null ? (body as Partial<Record<string, unknown>>) : {};
  const code = typeof fields.code === "string" ? fields.code : status >= 500 ? "unavailable" : "malformed";
  const detail = typeof fields.detail === "string" ? fields.detail : `HTTP ${status}`;
  return new Problem(
    code,
    detail,
    status,
    Array.isArray(fields.errors) ? (fields.errors as FieldError[]) : [],
  );
}
