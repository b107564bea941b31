"""The official clients in Node, driven from a test."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "node"
VERSIONS = ("1.7.14", "newest")


class Lead:
    """What one client is told and says; `heard` keeps all that it said."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.heard: list[dict[str, Any]] = []

    def tell(self, do: str, **more: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")

    async def until(self, on: str, **having: object) -> dict[str, Any]:
        """The next thing it says of this kind that has these values."""
        assert self._process.stdout is not None
        while True:
            line = await self._process.stdout.readline()
            assert line, f"it ended; it had said {self.heard[-10:]}"
            said: dict[str, Any] = json.loads(line)
            self.heard.append(said)
            if said["on"] == on and having.items() <= said.items():
                return said


class Phoenix(Lead):
    """One Phoenix client."""

    def join(self, topic: str = "room:ABC", *, label: str = "a", **params: object) -> None:
        self.tell("join", **{"as": label}, topic=topic, params=params)

    def push(self, event: str, *, label: str = "a", **payload: object) -> None:
        self.tell("push", **{"as": label}, event=event, payload=payload)


@asynccontextmanager
async def lead(driver: str, version: str, url: str, options: Mapping[str, object]) -> AsyncIterator[Process]:
    """A driver at work, until the end of the block."""
    node = shutil.which("node")
    assert node is not None, "the tests of Channels need Node.js"
    assert (FOLDER / "node_modules").is_dir(), "`make setup` installs the clients"
    process = await asyncio.create_subprocess_exec(
        node, driver, version, url, json.dumps(options), cwd=FOLDER, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def phoenix(version: str, url: str, **options: object) -> AsyncIterator[Phoenix]:
    """A client that is connecting; by default as the player `ana`."""
    if "authToken" not in options:
        options.setdefault("params", {"token": "ana"})
    async with lead("driver.mjs", version, url, options) as process:
        yield Phoenix(process)
