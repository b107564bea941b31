"""Frames on their way out: what a socket is sent in one turn of the loop leaves in one system call."""

import asyncio
import logging
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)


class Outbox:
    """What one socket is to be sent, in order, until the end of this turn."""

    __slots__ = ("frames", "write")

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write
        self.frames: list[bytes] = []


class Outboxes:
    """All outboxes of a server. A system call costs far more than a frame, so it is shared between frames."""

    def __init__(self) -> None:
        self.sent = 0  # frames, ever
        self._waiting: list[Outbox] = []  # those that hold frames; a lost socket's may be empty

    def send(self, outbox: Outbox, frame: bytes) -> None:
        self.send_to_all((outbox,), frame)

    def send_to_all(self, outboxes: Iterable[Outbox], frame: bytes) -> None:
        waiting = self._waiting
        if not waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        for outbox in outboxes:
            frames = outbox.frames
            if not frames:
                waiting.append(outbox)
            frames.append(frame)

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for outbox in waiting:
            try:
                self.flush_one(outbox)
            except Exception:  # the others must get theirs all the same
                log.exception("a socket could not be written to")

    def flush_one(self, outbox: Outbox) -> None:
        frames = outbox.frames
        if frames:
            self.sent += len(frames)
            data = frames[0] if len(frames) == 1 else b"".join(frames)
            frames.clear()
            outbox.write(data)
