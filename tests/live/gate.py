"""Holding up one call of the server, so that something else is certain to happen meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Gate:
    """`reached` when somebody waits at it, until it is `open`."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()


@contextmanager
def held_up(owner: Any, method: str) -> Iterator[Gate]:
    """The next call of a method, and no other, is carried out and then waits at the gate."""
    gate, carry_out = Gate(), getattr(owner, method)

    async def waiting(*arguments: Any, **named: Any) -> Any:
        first = not gate.reached.is_set()
        gate.reached.set()
        result = await carry_out(*arguments, **named)
        if first:
            await gate.open.wait()
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, waiting)
        yield gate
        gate.open.set()
