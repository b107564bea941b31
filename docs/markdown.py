"""Markdown, for the pages that are written by machine."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in lines)


def paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(parts)
