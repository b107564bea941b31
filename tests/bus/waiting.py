"""Waiting for a condition."""

import asyncio
from collections.abc import Callable

PATIENCE = 20.0  # seconds


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)
