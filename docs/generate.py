"""Writes the reference pages that are read off the code, so that they cannot disagree with it."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from tallybook.kernel.refusals import CODES
from tallybook.settings import PREFIX, Settings

REFERENCE = Path(__file__).with_name("reference")
OPENAPI = REFERENCE / "openapi.json"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in lines)


def settings_page() -> str:
    def row(name: str, field: FieldInfo) -> Sequence[object]:
        return [f"`{PREFIX}{name.upper()}`", f"`{field.default}`" if field.default else "", field.description]

    rows = (row(name, field) for name, field in Settings.model_fields.items())
    return f"""\
# Settings

A server reads its settings from the environment and from a file `.env` in its working directory. A variable
that begins with `{PREFIX}` but is not listed here, or a value that makes no sense, stops the start with one
line that says which.

{table(["Variable", "Default", "Meaning"], rows)}
"""


def errors_page() -> str:
    rows = ((f"`{code}`", CODES[code].status, CODES[code].title) for code in sorted(CODES))
    return f"""\
# Error codes

Over HTTP a refusal is an `application/problem+json` document (RFC 9457) with the members `type`, `title`,
`status`, `code`, `detail` and `trace_id`, and `errors` with one `{{field, message}}` for each bad field. On a
socket it is an error reply `{{code, reason}}`. A `code` keeps its meaning for ever; `detail` and `reason` are
written for the person who sent the request.

{table(["Code", "Status", "Meaning"], rows)}
"""


def rest_page(openapi: dict[str, Any]) -> str:
    rows = (
        (f"`{method.upper()} {path}`", operation.get("summary", ""))
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    )
    return f"""\
# REST API

Every operation in short; {{download}}`openapi.json` describes them in full (OpenAPI {openapi["openapi"]}). A
running server answers the same document at `/api/v1/openapi.json`.

{table(["Operation", "What it does"], rows)}
"""


def main() -> None:
    pages = {"settings.md": settings_page(), "errors.md": errors_page()}
    if OPENAPI.exists():
        pages["rest.md"] = rest_page(json.loads(OPENAPI.read_text()))
    for name, text in pages.items():
        (REFERENCE / name).write_text(text)


if __name__ == "__main__":
    main()
