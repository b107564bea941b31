"""Pages as a reader follows them: commands typed into terminals, and what these print.

A comment before a fenced block says what to do with it: `run` types it into the first terminal and waits for
its end, `run beside` into the second without waiting, `prints` and `prints beside` say what has come out
since, with `…` for what differs each time, `file NAME` writes it to a file, and `restart` stands for it.
"""

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.app.serving import Tallybook

ROOT = Path(__file__).parents[2]
SERVER = "http://127.0.0.1:8000"  # as the pages write it
WAIT_SECONDS = 60
_STEP = re.compile(
    r"^<!-- (run|prints|file|restart)(?: (\S+))? -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_MARK = re.compile(r"^<!-- (?:run|prints|file|restart)\b.*-->$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    do: str
    where: str  # "", "beside", or the name of the file
    block: str


def pages() -> list[Path]:
    """Every page with something to run, relative to the root."""
    known = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT) for path in known if _MARK.search(path.read_text())]


def steps(page: Path) -> list[Step]:
    text = (ROOT / page).read_text()
    found = [Step(do, where or "", block) for do, where, block in _STEP.findall(text)]
    assert len(found) == len(_MARK.findall(text)), f"{page}: a mark is not followed by a fenced block"
    return found


@dataclass
class Terminal:
    """A shell; `printed` is what has come out and was not compared yet."""

    process: Process
    printed: str = ""
    _done: int = 0
    _typed: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        while piece := await self.process.stdout.read(65_536):
            async with self._news:
                self._done += piece.count(b"\0")
                self.printed += piece.replace(b"\0", b"").decode()
                self._news.notify_all()
        async with self._news:
            self._done = self._typed + 1  # a shell that has gone does not come to an end later
            self._news.notify_all()

    def type(self, block: str) -> None:
        assert self.process.stdin is not None
        self._typed += 1
        self.process.stdin.write(f"{{\n{block}\n}} </dev/null\nprintf '\\0'\n".encode())

    async def until_done(self) -> None:
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            await self._news.wait_for(lambda: self._done >= self._typed)
        assert self._done == self._typed, self.printed

    async def until_printed(self, expected: str) -> None:
        """Wait for what is expected, and take it off what was printed."""
        words = (r".*?".join(re.escape(part) for part in word.split("…")) for word in expected.split())
        pattern = re.compile(r"\s*" + r"\s+".join(words) + r"\s*", re.DOTALL)

        def matches() -> bool:
            return pattern.fullmatch(self.printed) is not None

        try:
            async with asyncio.timeout(WAIT_SECONDS), self._news:
                await self._news.wait_for(lambda: matches() or self._done > self._typed)
        except TimeoutError:
            pass
        assert matches(), f"expected\n{expected}\nand got\n{self.printed}"
        self.printed = ""


@asynccontextmanager
async def terminal(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Terminal]:
    """A shell that ends at the first command that fails, which then fails the block."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-eu",
        "-o",
        "pipefail",
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=folder,
        env=dict(environment),
    )
    shell = Terminal(process)
    listening = asyncio.create_task(shell.listen())
    try:
        yield shell
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(WAIT_SECONDS):
            assert await process.wait() == 0, shell.printed
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await listening


async def follow(page: Path, server: Tallybook, environment: Mapping[str, str]) -> None:
    """Do what a page says, in the server's folder."""
    folder = server.folder
    async with terminal(folder, environment) as first, terminal(folder, environment) as second:
        for step in steps(page):
            block = step.block.replace(SERVER, server.url)
            shell = second if step.where == "beside" else first
            match step.do:
                case "file":
                    (folder / step.where).write_text(block)
                case "prints":
                    await shell.until_printed(block)
                case "restart":
                    server.stop()
                    server.start()
                case _:
                    shell.printed = ""
                    shell.type(block)
                    if shell is first:
                        await shell.until_done()
