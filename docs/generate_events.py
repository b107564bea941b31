"""The reference page of stored events: each type with its fields, and the stream that it is written to."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import msgspec

import tallybook.bootstrap.node  # noqa: F401  # everything that a server knows is registered
from docs.markdown import paragraphs, table
from tallybook.kernel.events import Event, registry
from tallybook.kernel.text import FreeText

SECTIONS = (
    ("tallybook.sessions.events", "A session", "In the `session` stream that has the session's id."),
    ("tallybook.rules.scoresheet.events", "Scoring by hand", "In the same stream, under `scoresheet`."),
    ("tallybook.careers.events", "A career", "In the `career` stream of one player in one game."),
    (
        "tallybook.accounts.events",
        "People",
        "In the `registry` stream of the player, unless it says otherwise.",
    ),
    ("tallybook.catalogue.events", "Games", "In the `registry` stream of the game."),
)
WORDS = {UUID: "id", str: "string", int: "integer", bool: "boolean", NoneType: "null", FreeText: "free text"}


def events_page() -> str:
    ours = {name: cls for name, cls in registry.names.items() if cls.__module__.startswith("tallybook.")}
    left = (
        {cls.__module__ for cls in ours.values()}
        - {module for module, _, _ in SECTIONS}
        - {"tallybook.cli.bench"}
    )
    assert not left, f"events of {sorted(left)} need a section in {__file__}"
    sections = []
    for module, title, streams in SECTIONS:
        sections += [f"## {title}", streams]
        sections += [_described(f"`{name}`", cls) for name, cls in ours.items() if cls.__module__ == module]
    shapes = {shape.__name__: shape for cls in ours.values() for shape in _shapes(cls)}
    sections += ["## Shapes within events"]
    sections += [_described(f"`{name}`", shape) for name, shape in sorted(shapes.items())]
    return f"""\
# Events

What the ledger holds. A stored name is permanent, and so is the meaning of its fields; a changed shape gets
a new version, and an older one is brought up to date when it is read. Beside its payload, which is below,
every event has its stream, index, position, actor, times and hash ([the ledger](../explanation/ledger.md)).
A field at its default is left out. *Free text* is stored as `{{"digest": …}}`: the text lies beside the
ledger and can be erased.

{paragraphs(sections)}
"""


def _described(title: str, shape: type[msgspec.Struct]) -> str:
    parts = [f"### {title}"]
    if shape.__doc__:
        parts.append(_as_json(cleandoc(shape.__doc__)))
    rows = [_row(field) for field in msgspec.structs.fields(shape)]
    parts.append(table(["Field", "Type", "Default"], rows) if rows else "No fields.")
    return paragraphs(parts)


def _as_json(text: str) -> str:
    """A docstring in the words of the wire: stored names for classes, null for None."""
    for name, cls in registry.names.items():
        text = text.replace(f"`{cls.__name__}`", f"`{name}`")
    return text.replace("None", "null")


def _row(field: msgspec.structs.FieldInfo) -> Sequence[str]:
    default = "" if field.required else f"`{msgspec.json.encode(_default(field)).decode()}`"
    return [f"`{field.name}`", _words(field.type), default]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _words(type_: Any) -> str:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in {UnionType, Union}:
        return " or ".join(_words(argument) for argument in arguments)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is Annotated:
        return _words(arguments[0])
    if origin is tuple:
        return f"list of {_words(arguments[0])}"
    if origin is not None:  # a mapping
        return f"object of {_words(arguments[1])}"
    if type_ in WORDS:
        return WORDS[type_]
    if type_ is Any:
        return "anything"
    return f"[`{type_.__name__}`](#{type_.__name__.lower()})"


def _shapes(type_: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs that a field may hold, however deep."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        if type_ is FreeText:
            return
        if not issubclass(type_, Event):
            yield type_
        for field in msgspec.structs.fields(type_):
            yield from _shapes(field.type)
    for argument in get_args(type_):
        yield from _shapes(argument)
