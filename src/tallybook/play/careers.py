"""Writes to careers: checked by whoever takes them in, and put here as the ledger wants them."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from tallybook.access.actor import Actor
from tallybook.careers.streams import career_id
from tallybook.kernel.events import Event
from tallybook.ledger.append import AnyAppend, Append, Fold
from tallybook.play.requests import Envelope

Decide = Callable[[Any, int], Sequence[Event]]


def command(
    actor: Actor,
    game_id: UUID,
    player_id: UUID,
    decide: Decide,
    envelope: Envelope,
    content: object,
    *,
    fold: Fold[Any] | None = None,
) -> AnyAppend:
    """A write to a career: what `decide(state, index)` says. Who may say so is asked before.

    `content` is what was asked for, the command's name first. Without a `fold` the state is None.
    A command id is unique within the career.
    """
    named = envelope.command_id is not None
    return Append(
        stream=career_id(game_id, player_id),
        kind="career",
        fold=fold,
        decide=decide,
        actor=actor.player_id,
        at=envelope.at,
        zone=envelope.zone,
        command_id=envelope.command_id,
        fingerprint=blake2b(_encode(content), digest_size=16).digest() if named else b"",
        expected_index=envelope.expected_index,
    )


_encode = msgspec.json.Encoder(order="deterministic").encode
