"""`tallybook demo`: a server with something in it, to look around."""

from datetime import datetime
from typing import Annotated

import typer

from tallybook.cli.app import app, bar, fail, out, ready_schema, run, settings


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.", min=0)] = 1,
    years: Annotated[int, typer.Option(help="How far back it goes.", min=1, max=50)] = 2,
    sessions: Annotated[
        int | None, typer.Option(help="How many sessions; what the evenings bring when left out.", min=1)
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="When it ends (UTC), for the same pictures on any day; now.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Fill the database although something is in it.")
    ] = False,
) -> None:
    """Fill an empty database with a group of invented players and two years of their evenings."""
    from datetime import UTC

    from tallybook.demo.cast import DEMO, PASSWORD
    from tallybook.demo.fill import Story
    from tallybook.kernel.clock import SystemClock, to_microseconds
    from tallybook.operating import fill_demo, is_unused

    configured = settings()
    now = SystemClock().now()
    ends = now if until is None else to_microseconds(until.replace(tzinfo=UTC))
    if ends > now:
        raise fail("--until lies in the future", 2)
    ready_schema(configured)
    if not yes and not run(is_unused(configured)):
        raise fail("there is something in the database: name an empty one, or say --yes", 2)
    with bar("sessions") as progress:
        task = progress.add_task("Playing", total=None)
        position = run(
            fill_demo(
                configured,
                Story(seed, ends, years, sessions),
                lambda done, total: progress.update(task, completed=done, total=total),
            )
        )
    out().print(f"The ledger has {position} events now. Start the server with `tallybook serve` and sign in:")
    out().print(f"username [bold]{DEMO.username}[/bold], password [bold]{PASSWORD}[/bold]")
