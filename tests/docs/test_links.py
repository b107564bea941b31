"""What pages refer to must exist: other pages, settings, commands, operations, buttons."""

import json
import re
from pathlib import Path

import pytest

from tallybook.settings import PREFIX, Settings
from tests.docs.pages import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


def _prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text())


def _anchors(page: Path) -> set[str]:
    """As GitHub and MyST make them of headings."""
    headings = (re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading) for heading in _HEADING.findall(_prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_pages_name_only_settings_commands_and_operations_that_there_are() -> None:
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    commands = set(
        re.findall(r"^## `(\S+)`", (ROOT / "docs/reference/commands.md").read_text(), re.MULTILINE)
    )
    openapi = json.loads((ROOT / "docs/reference/openapi.json").read_text())
    operations = {
        f"{method.upper()} {re.sub('{.*?}', '{}', path)}"
        for path, methods in openapi["paths"].items()
        for method in methods
    }
    unknown: list[str] = []
    for page in PAGES:
        if page.name == "CHANGELOG.md" or page.parent.name == "reference":
            continue
        text = page.read_text()
        unknown += set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", text)) - settings
        unknown += set(re.findall(r"(?:^|`|bin/|\d )tallybook ([a-z][a-z-]*)", text, re.MULTILINE)) - commands
        for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]+)[`?]", text):
            path = re.sub("{.*?}", "{}", path if path.startswith("/api/") else f"/api/v1{path}")
            if f"{method} {path}" not in operations:
                unknown.append(f"{method} {path}")
    assert unknown == []


def test_the_tutorial_calls_the_buttons_what_they_are_called() -> None:
    catalogue = "".join(path.read_text() for path in (ROOT / "web/src/i18n").glob("en*.ts"))
    names = _BOLD.findall(_prose(ROOT / "docs/tutorial/first-scoreboard.md"))
    assert names
    assert [name for name in names if f'"{name}"' not in catalogue] == []
