"""`tallybook backup` and `tallybook restore`."""

from pathlib import Path
from typing import Annotated

import typer

from tallybook.cli.app import app, bar, err, needs_ledger, out, prove, run, settings


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file, or a folder in which to make one.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the server's secret keys into the file too.")
    ] = False,
) -> None:
    """Copy the whole database as of this moment into one file, while servers go on writing."""
    from tallybook.kernel.clock import SystemClock, iso
    from tallybook.operating import backup as copy

    configured = settings()
    needs_ledger(configured)
    if file.is_dir():
        moment = iso(SystemClock().now())[:19].replace(":", "-")
        file /= f"tallybook-{moment}Z.backup"
    with bar("rows") as progress:
        task = progress.add_task("Backing up", total=None)
        header = run(
            copy(
                configured,
                file,
                with_keys=with_keys,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        )
    out().print(f"{file} holds everything up to event {header.position}.", soft_wrap=True)
    if not with_keys:
        err().print("The secret keys are not in it: keep them too, in another place.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `tallybook backup` made.", exists=True, dir_okay=False)],
    verify: Annotated[bool, typer.Option(help="Prove the ledger when everything is there.")] = True,
) -> None:
    """Put a backup into an empty database of any kind."""
    from tallybook.accounts.tokens import kept_secrets
    from tallybook.operating import restore as put_back

    configured = settings()
    with bar("rows") as progress:
        task = progress.add_task("Restoring", total=None)
        header = run(
            put_back(
                configured,
                file,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
        )
    out().print(f"Everything up to event {header.position} is back.")
    if header.secret_keys and not configured.secret_keys:
        kept = kept_secrets(configured.data_folder, given=header.secret_keys)
        if kept != header.secret_keys:
            err().print(f"The keys in {configured.data_folder} stay; the backup's were others.")
    if verify:
        prove(configured)
