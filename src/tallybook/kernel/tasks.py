"""Tasks of the event loop that have to come to an end."""

import asyncio
from typing import Any

AGAIN = 3.0  # seconds after which a task that goes on is cancelled once more


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, and return when they have ended, however they did.

    On Python 3.11 `asyncio.wait_for` now and then loses a cancellation, and drivers connect with it: whoever
    is cancelled once may go on for ever.
    """
    going = {task for task in tasks if not task.done()}
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
