"""Answers as tables: comma-separated values for spreadsheets, which take some texts for formulas."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import Request, Response

CSV = "text/csv"
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # a text that begins so is worked out by one spreadsheet or another


def wants_csv(request: Request, said: str | None) -> bool:
    """Whether the caller asks for a table, in the query or by the Accept header."""
    if said is not None:
        return said == "csv"
    accepted = request.headers.get("Accept", "").split(",")
    return CSV in (part.partition(";")[0].strip().lower() for part in accepted)


def csv_answer(columns: Sequence[str], lines: Sequence[msgspec.Struct], name: str) -> Response:
    """A table with a head (RFC 4180), as a file of that name."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(getattr(line, column)) for column in columns] for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Accept"}
    return Response(text.getvalue(), media_type=f"{CSV}; charset=utf-8; header=present", headers=headers)


def with_csv(described: dict[str, Any]) -> dict[str, Any]:
    """A route's contract, with the table as another form of its answer."""
    described["responses"][200]["content"][CSV] = {"schema": {"type": "string"}}
    return described


def _cell(value: object) -> object:
    """The value as a spreadsheet shows it: a text that looks like a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
