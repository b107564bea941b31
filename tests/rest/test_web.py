"""The web app: which paths are its own, and how its files are kept and sent."""

from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from tallybook.delivery.web.app import WebApp
from tests.rest.kit import Person, code_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_browsers_get_the_app_where_programs_get_data(anybody: httpx.AsyncClient, ana: Person) -> None:
    """The paths as the founding documents spell them stay the app's for whoever wants a page."""
    for path in ("/", "/games", "/sessions/history", "/play/ABCDEF"):
        page = await anybody.get(path, headers=BROWSER)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'self'" in page.headers["content-security-policy"]
    signed = {"Authorization": f"Bearer {ana.token}"}
    assert (await anybody.get("/sessions/history", headers=signed)).json()["items"] == []
    made = await anybody.post("/games", json={"name": "Go"}, headers=signed | BROWSER)
    assert made.status_code == 201
    for path in ("/api/v1/nowhere", "/api", "/metrics/nowhere", "/socket/nowhere"):
        assert code_of(await anybody.get(path, headers=BROWSER)) == "not_found"
    assert code_of(await anybody.get("/nowhere.js")) == "not_found"


@pytest.fixture
def built(tmp_path: Path) -> WebApp:
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "assets" / "index-1a2b.js").write_text("let score = 0;\n" * 200)
    (tmp_path / "icon.png").write_bytes(b"\x89PNG")
    (tmp_path / "index.html").write_text(
        "<script>dark()</script><script src='/assets/index-1a2b.js'></script>"
    )
    return WebApp(tmp_path)


def test_hashed_files_are_kept_for_ever_and_all_others_asked_for_again(built: WebApp) -> None:
    script = built.file("/assets/index-1a2b.js", Headers({"accept-encoding": "gzip, br"}))
    assert script is not None
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (script.headers["content-encoding"], script.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = built.file("/assets/index-1a2b.js", Headers())
    assert plain is not None
    assert len(plain.body) > 10 * len(script.body)

    icon = built.file("/icon.png", Headers())
    assert icon is not None
    assert (icon.headers["cache-control"], icon.headers["content-type"]) == ("no-cache", "image/png")
    again = built.file("/icon.png", Headers({"if-none-match": icon.headers["etag"]}))
    assert again is not None
    assert (again.status_code, again.body) == (304, b"")


def test_a_page_may_run_its_own_inline_scripts_and_no_others(built: WebApp) -> None:
    policy = built.page(Headers()).headers["content-security-policy"]
    assert policy.count("'sha256-") == 1
    assert "script-src 'self' 'sha256-" in policy


@pytest.mark.parametrize(
    "path", ["/.vite/manifest.json", "/../secret_keys", "/assets", "/assets/../icon.png"]
)
def test_nothing_but_the_files_of_the_build_is_served(built: WebApp, path: str) -> None:
    assert built.file(path, Headers()) is None


def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    page = WebApp(tmp_path).page(Headers())
    assert page.status_code == 503
    assert b"make setup" in page.body
