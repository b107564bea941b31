"""`tallybook create-admin`: the first administrator, or one when all others have lost their passwords."""

import sys
from typing import Annotated

import typer

from tallybook.cli.app import app, fail, out, ready_schema, run, settings


@app.command()
def create_admin(
    username: Annotated[str, typer.Argument(help="What the administrator signs in with.")],
    promote: Annotated[
        bool, typer.Option("--promote", help="Make the account that has this name one.")
    ] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of the input.")
    ] = False,
) -> None:
    """Make an account that may administer this server; it asks for the password twice."""
    from tallybook.operating import make_admin

    configured = settings()
    if promote and password_stdin:
        raise fail("who is promoted keeps the password: leave out --password-stdin", 2)
    password: str | None = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not promote:
        if not sys.stdin.isatty():
            raise fail("there is no terminal on which to ask for the password: use --password-stdin", 2)
        password = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    ready_schema(configured)
    run(make_admin(configured, username, password))
    out().print(f"{username} is an administrator now.")
