"""The reference page of the `tallybook` command, read off the commands themselves."""

from collections.abc import Iterator, Sequence

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from docs.markdown import paragraphs, table
from tallybook.cli.app import app


def commands_page() -> str:
    import tallybook.cli  # noqa: F401  # every command adds itself to the app

    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    sections = [_section(name, command) for name, command in group.commands.items()]
    return f"""\
# The command

`tallybook` is in `.venv/bin` after `make setup`. Every command reads the same [settings](settings.md) as
the server, and `--help` says what stands here. Exit codes: 0 when it is done, 1 when something failed or was
found amiss, 2 when the call or the settings are wrong.

{paragraphs(sections)}
"""


def _section(name: str, command: object) -> str:
    assert isinstance(command, TyperCommand)
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    rows = [row for parameter in shown for row in _row(parameter)]
    named = [_argument(each) for each in command.params if isinstance(each, TyperArgument)]
    options = ["[OPTIONS]"] if len(named) < len(command.params) else []
    usage = " ".join(["tallybook", name, *named, *options])
    lines = [f"## `{name}`", (command.help or "").strip(), f"```text\n{usage}\n```"]
    return paragraphs([*lines, table(["Argument", "Default", "Meaning"], rows)] if rows else lines)


def _row(parameter: object) -> Iterator[Sequence[str]]:
    assert isinstance(parameter, TyperArgument | TyperOption)
    default = parameter.default
    if isinstance(parameter, TyperArgument):
        label = f"`{_argument(parameter)}`"
        default = None
    else:
        label = ", ".join(f"`{spelling}`" for spelling in (*parameter.opts, *parameter.secondary_opts))
    shown = "" if default is None or default is False else f"`{default}`"
    if default is True and isinstance(parameter, TyperOption):
        shown = f"`{parameter.opts[0]}`"
    yield [label, shown, parameter.help or ""]


def _argument(parameter: TyperArgument) -> str:
    name = (parameter.name or "").upper() + ("…" if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"
