"""The pages of the reference that are written by machine say what the code says."""

import pytest

from docs.generate import PAGES, REFERENCE
from docs.generate_events import events_page
from tallybook.kernel.events import registry


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text() == PAGES[name](), "run python -m docs.generate"


def test_every_event_a_server_can_write_is_described() -> None:
    page = events_page()
    names = [name for name, cls in registry.names.items() if cls.__module__.startswith("tallybook.")]
    assert [name for name in names if f"### `{name}`" not in page and not name.startswith("bench.")] == []
