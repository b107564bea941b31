"""How the registry is written: facts into the ledger, private rows beside them, one digest a command."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError

from tallybook.kernel.events import Event
from tallybook.kernel.refusals import Refusal
from tallybook.kernel.text import fold_case
from tallybook.ledger.append import Append, Appended, Beside
from tallybook.ledger.ledger import Ledger

_encoder = msgspec.json.Encoder(order="deterministic")


async def write_facts(
    ledger: Ledger,
    stream: UUID,
    facts: Sequence[Event],
    beside: Beside,
    *,
    actor: UUID | None,
    command_id: str | None = None,
    content: Sequence[Any] = (),
    scope: UUID | None = None,
) -> Appended:
    """Append facts to a registry stream; `beside` writes their private rows in the same transaction.

    `content` says what the command asks for, its name first; `scope` is where `command_id` is unique,
    the stream when None.
    """
    append: Append[None] = Append(
        stream=stream,
        kind="registry",
        fold=None,
        decide=lambda _state, _index: facts,
        actor=actor,
        command_id=command_id,
        fingerprint=blake2b(_encoder.encode(content), digest_size=16).digest(),
        scope=scope,
        beside=beside,
    )
    return await ledger.append(append)


@contextmanager
def refusing_twins(code: str, detail: str) -> Iterator[None]:
    """Around one insert or update: a unique index that objects becomes a refusal."""
    try:
        yield
    except IntegrityError:
        raise Refusal(code, detail) from None


def name_key(name: str) -> bytes:
    """Sixteen bytes by which names are compared: capitals and compatibility forms make no difference."""
    return blake2b(fold_case(name).encode(), digest_size=16).digest()
