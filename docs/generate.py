"""Writes the reference pages that are read off the code, so that they cannot disagree with it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pydantic.fields import FieldInfo

import tallybook
from docs.generate_commands import commands_page
from docs.generate_errors import errors_page
from docs.generate_events import events_page
from docs.generate_permissions import permissions_page
from docs.generate_sockets import sockets_page
from docs.markdown import paragraphs, table
from tallybook.access.actor import Actor
from tallybook.bootstrap.node import metrics
from tallybook.database.engine import open_database
from tallybook.delivery.channels.endpoint import Endpoint
from tallybook.delivery.channels.hub import Hub
from tallybook.delivery.rest.metrics import HttpMetrics
from tallybook.kernel.clock import SystemClock
from tallybook.ledger.following import Runner
from tallybook.ledger.ledger import Ledger
from tallybook.ledger.metrics import WriterMetrics
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.records import Records
from tallybook.ranking.memory import MemoryRanking
from tallybook.settings import PREFIX, Settings
from tallybook.upkeep import projections

REFERENCE = Path(__file__).with_name("reference")
OPENAPI = REFERENCE / "openapi.json"


async def nobody(token: str) -> Actor:
    raise LookupError(token)


def settings_page() -> str:
    sources = [path for path in Path(tallybook.__file__).parent.rglob("*.py") if path.name != "settings.py"]
    code = "\n".join(path.read_text() for path in sources)

    def row(name: str, field: FieldInfo) -> Sequence[object]:
        meaning = field.description or ""
        if f".{name}" not in code:
            meaning += " *Without effect in this release.*"
        return [f"`{PREFIX}{name.upper()}`", _default(field.default), meaning]

    rows = (row(name, field) for name, field in Settings.model_fields.items())
    return f"""\
# Settings

A server reads its settings from the environment and from a file `.env` in its working directory; the
environment goes first. A variable that begins with `{PREFIX}` but is not listed here, or a value that makes
no sense, stops the start with one line that says which.

{table(["Variable", "Default", "Meaning"], rows)}
"""


def _default(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value not in {None, ()} else ""


def metrics_page() -> str:
    # Of a node that was never started: nothing is opened before the first transaction.
    ledger = Ledger(open_database("sqlite://"), projections(), SystemClock())
    runner = Runner(ledger, SystemClock())
    ranks = Ranks(ledger.database, Records(), MemoryRanking())
    everything = metrics(WriterMetrics(), ledger, Endpoint(Hub(), nobody, {}), HttpMetrics(), runner, ranks)
    rows = (
        (f"`{each.name}`", each.kind, ", ".join(f"`{label}`" for label in each.labels), each.help)
        for each in everything
    )
    return f"""\
# Metrics

`/metrics` answers these in the text formats of Prometheus and OpenMetrics, each for this process since it
started. Times are in seconds. Beside them stand the usual ones of the process: `process_…` (memory, CPU time,
open files), `python_gc_…` and `python_info`. Labels never hold an id, a name or anything else that clients
make up. [How to watch a server](../how-to/observe.md) says what to look at.

{table(["Metric", "Kind", "Labels", "What it says"], rows)}
"""


def rest_page() -> str:
    openapi = json.loads(OPENAPI.read_text())
    sections: dict[str, list[Sequence[str]]] = {}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            says = operation.get("description") or operation["summary"]
            row = [f"`{method.upper()} {path}`", " ".join(says.split("\n\n")[0].split())]
            sections.setdefault(operation["tags"][0].capitalize(), []).append(row)
    parts = [
        f"## {title}\n\n{table(['Operation', 'What it does'], rows)}" for title, rows in sections.items()
    ]
    return f"""\
# REST API

Every operation in short; {{download}}`openapi.json` describes them in full (OpenAPI {openapi["openapi"]}). A
running server answers the same document at `/api/v1/openapi.json`. [Reading the reference](index.md) says
what all of them have in common.

{paragraphs(parts)}
"""


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "commands.md": commands_page,
        "errors.md": errors_page,
        "events.md": events_page,
        "metrics.md": metrics_page,
        "permissions.md": permissions_page,
        "rest.md": rest_page,
        "settings.md": settings_page,
        "sockets.md": sockets_page,
    }
)


def main() -> None:
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page())


if __name__ == "__main__":
    main()
