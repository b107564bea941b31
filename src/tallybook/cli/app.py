"""The commands; each is thin: read the settings, call, say what happened.

Exit codes: 0 done; 1 something was found or failed; 2 the call or the settings are wrong.
"""

import gc
from collections.abc import Collection, Coroutine
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tallybook import settings as configuration
from tallybook.settings import BadSettings, LogFormat, LogLevel, Settings

if TYPE_CHECKING:  # a server starts sooner without it
    from rich.console import Console
    from rich.progress import Progress

    from tallybook.migrations import Schema

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tallybook, the ledger for games. Settings come from TALLYBOOK_… variables or a .env file.",
)


@cache
def out() -> "Console":
    from rich.console import Console

    return Console(highlight=False)


@cache
def err() -> "Console":
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong in one line; raise what this returns."""
    from rich.markup import escape

    err().print(f"[red]tallybook:[/red] {escape(message)}", soft_wrap=True)
    return typer.Exit(code)


def settings() -> Settings:
    try:
        return configuration.load()
    except BadSettings as error:
        raise fail(str(error), 2) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one command's work; an unreachable database is a line, not a traceback."""
    import uvloop
    from sqlalchemy.exc import DBAPIError

    from tallybook.database.engine import UnsafeDatabase
    from tallybook.database.trouble import DatabaseUnavailable
    from tallybook.kernel.refusals import Refusal

    try:
        return uvloop.run(work)
    except DatabaseUnavailable as error:
        raise _unusable(error.__cause__ or error) from None
    except DBAPIError as error:
        raise _unusable(error) from None
    except TypeError as error:
        if "connect()" not in str(error):
            raise
        raise _unusable(error) from None  # the driver knows no such option as the URL has
    except (OSError, UnsafeDatabase, Refusal, ValueError) as error:
        raise fail(str(error)) from None


def _unusable(error: BaseException) -> typer.Exit:
    """Say which database it was, what the matter is, and which setting names it."""
    from tallybook.database.trouble import said_of

    return fail(
        f"{_where(settings())} cannot be used: {said_of(error)}; "
        "see that it is there and can be written, or mend TALLYBOOK_DATABASE_URL"
    )


def _where(configured: Settings) -> str:
    from sqlalchemy import make_url

    from tallybook.database.engine import shown

    return f"the database {shown(make_url(configured.database_url))}"


def bar(unit: str) -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        console=err(),
    )


def ready_schema(configured: Settings, *, migrate: bool = False) -> None:
    """Make an empty database's tables; end the command where those of another release are."""
    from tallybook.migrations import Schema

    found = run(_schema(configured))
    if found is not Schema.CURRENT:  # or another process is about to make it so
        left = {Schema.UNKNOWN} if migrate else {Schema.UNKNOWN, Schema.OLDER}
        found = run(_migrate(configured, leave=left))
    if found is Schema.UNKNOWN:
        raise fail("the database was not made by this release or an older one: upgrade, or use another", 2)
    if found is Schema.OLDER and not migrate:
        raise fail("the database is of an older release: run `tallybook migrate`, or serve with --migrate")


def needs_ledger(configured: Settings) -> None:
    """End the command where there is nothing to work on; nothing is made by looking."""
    from tallybook.migrations import Schema

    if run(_schema(configured)) is Schema.EMPTY:
        raise fail(
            f"there is no ledger in {_where(configured)}: run this in the server's folder, "
            "or mend TALLYBOOK_DATABASE_URL; `tallybook serve` begins a new one",
            2,
        )


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8000,
    workers: Annotated[
        int,
        typer.Option(help="Processes; more than one needs Redis and a database server.", min=1),
    ] = 1,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring an older schema up to date first.")
    ] = False,
    log_level: Annotated[LogLevel | None, typer.Option(help="The least that is logged.")] = None,
    log_format: Annotated[LogFormat | None, typer.Option(help="How it is logged.")] = None,
    access_log: Annotated[bool | None, typer.Option(help="Whether requests are logged.")] = None,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Serve the API, the sockets and the web app on one port, until SIGTERM or Ctrl-C."""
    gc.disable()  # nothing of what a start loads is garbage; `serve` turns it on again
    from tallybook.bootstrap.serving import serve as start
    from tallybook.cli.listening import alone, bound, reserve

    said = {"log_level": log_level, "log_format": log_format, "access_log": access_log}
    configured = settings().model_copy(
        update={name: value for name, value in said.items() if value is not None}
    )
    if worker:
        from tallybook.cli.workers import work

        run(work(configured, host, port))
        return
    if workers > 1 and configured.redis_url is None:
        raise fail("more than one process needs Redis: set TALLYBOOK_REDIS_URL, or leave out --workers", 2)
    if workers > 1 and configured.database_url.startswith("sqlite"):
        raise fail("SQLite serves one process: leave out --workers, or use PostgreSQL or MariaDB", 2)
    ready_schema(configured, migrate=migrate)

    def ready(address: str) -> None:
        typer.echo(f"Tallybook is ready at {typer.style(address, bold=True)}  (Ctrl-C ends it)", err=True)

    if workers > 1:
        from tallybook.cli.workers import supervise

        run(supervise(configured, bound(reserve, host, port), workers, ready))
    else:
        run(start(configured, bound(alone, host, port), ready))


@app.command()
def migrate() -> None:
    """Create the schema, or bring that of an older release up to date."""
    from tallybook.migrations import Schema

    configured = settings()
    if run(_schema(configured)) is Schema.CURRENT:
        out().print("The schema is up to date.")
        return
    with err().status("Migrating …"):
        found = run(_migrate(configured, leave={Schema.UNKNOWN}))
    if found is Schema.UNKNOWN:
        raise fail("the database was not made by this release or an older one; nothing was changed", 2)
    out().print("The schema is up to date now.")


@app.command()
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="Projections; all when left out.")] = None,
) -> None:
    """Fold projections again from the first event, while a server may go on serving."""
    from tallybook.ledger.rebuild import passes
    from tallybook.upkeep import following_projections, projections
    from tallybook.upkeep import rebuild as fold_again

    everything = (*projections(), *following_projections())
    known = [projection.name for projection in everything]
    for name in names or ():
        if name not in known:
            raise fail(f"there is no projection {name}; there are {', '.join(known)}", 2)
    configured = settings()
    needs_ledger(configured)
    with bar("events") as progress:
        for together in passes(everything, names or known):
            task = progress.add_task(", ".join(together), total=None)
            run(
                fold_again(
                    configured,
                    together,
                    lambda done, total, task=task: progress.update(task, completed=done, total=total),  # type: ignore[misc]  # bound for the loop
                )
            )
    out().print(f"Rebuilt {', '.join(names or known)}.")


@app.command()
def verify() -> None:
    """Prove the ledger: chains, indexes, positions, heads and texts. Exit code 1 when anything is amiss."""
    configured = settings()
    needs_ledger(configured)
    prove(configured)


def prove(configured: Settings) -> None:
    from tallybook.upkeep import verify as examine

    with bar("events") as progress:
        task = progress.add_task("Verifying", total=None)
        report = run(
            examine(configured, lambda done, total: progress.update(task, completed=done, total=total))
        )
    for finding in report.findings:
        where = f"stream {finding.stream}"
        if finding.index >= 0:
            where += f", index {finding.index}"
        out().print(f"{where}: {finding.what}", soft_wrap=True, markup=False)
    if not report.sound:
        raise fail("the ledger is not what was written")
    out().print(f"{report.events} events in {report.streams} streams are as they were written.")


@app.command()
def doctor() -> None:
    """Check everything a server needs, and say how to mend what is missing."""
    from tallybook.cli.doctor import examine

    healthy = True
    for check in run(examine(settings())):
        mark = "[green]ok[/green]  " if check.ok else "[red]bad[/red] "
        out().print(f"{mark} {check.what}: {check.found}", soft_wrap=True)
        if not check.ok:
            out().print(f"     → {check.mend}", soft_wrap=True)
            healthy = False
    if not healthy:
        raise typer.Exit(1)


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(help="How long each measurement takes.", min=0.2)] = 3.0,
) -> None:
    """Measure this machine: commits of a bare SQLite file beside the data, and the ledger on top of it."""
    from tallybook.cli.bench import measure

    with err().status("Measuring …"):
        figures = run(measure(settings(), seconds))
    for figure in figures:
        out().print(f"{figure.what:<46} {figure.per_second:>10,.0f} /s")


async def _schema(configured: Settings) -> "Schema":
    from tallybook.database.engine import open_database
    from tallybook.migrations import Schema, schema_of

    file = configured.database_file
    if file is not None and not file.exists():  # to open it would make it
        return Schema.EMPTY
    database = open_database(configured.database_url)
    try:
        return await database.read(schema_of)
    finally:
        await database.close()


async def _migrate(configured: Settings, *, leave: Collection["Schema"]) -> "Schema":
    from tallybook.migrations import upgrade

    return await upgrade(configured.database_url, leave=leave)


def main() -> None:
    app()
