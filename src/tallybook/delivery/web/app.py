"""Serving the built web app: hashed files for ever, the page itself for every route the client knows."""

import base64
import gzip
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b, sha256
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

STATIC = Path(__file__).with_name("static")
INDEX = "index.html"
HASHED = "assets/"  # below it a file's name changes with its content
WORTH_COMPRESSING = 1_024  # bytes

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_NOT_BUILT = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tallybook</title></head>
<body><h1>The web app has not been built</h1>
<p>Run <code>make setup</code> in the source folder (it needs Node.js) and start the server again.
The API works without it; it is described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</body></html>
"""


def built() -> bool:
    """Whether there is a web app to serve."""
    return (STATIC / INDEX).is_file()


def wants_page(headers: Headers) -> bool:
    """Whether a browser is going somewhere, as opposed to a program asking for data."""
    return "text/html" in headers.get("accept", "")


@dataclass(frozen=True)
class _File:
    content: bytes
    compressible: bool
    headers: dict[str, str]

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)


class WebApp:
    """The files of a build, read once and compressed when first asked for: a new one needs a restart."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files: dict[str, _File] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
                self._files[name] = _read(path, name)
        index = self._files.get(INDEX)
        self._policy = _policy(_NOT_BUILT if index is None else index.content)

    def file(self, path: str, request: Headers) -> Response | None:
        """The file at a path such as `/assets/index-1a2b.js`, None when there is none."""
        name = path.removeprefix("/") or INDEX
        file = self._files.get(name)
        if file is None:
            return None
        if name == INDEX:
            return self.page(request)
        return _answer(file, request, {})

    def page(self, request: Headers) -> Response:
        """The app itself, whatever route the client is to show."""
        policy = {"Content-Security-Policy": self._policy}
        index = self._files.get(INDEX)
        if index is None:
            return Response(_NOT_BUILT, 503, policy, "text/html; charset=utf-8")
        return _answer(index, request, policy)


def _read(path: Path, name: str) -> _File:
    content = path.read_bytes()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.endswith(".webmanifest"):
        media_type = "application/manifest+json"
    is_text = media_type.startswith("text/") or media_type.endswith(("javascript", "json", "xml"))
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8" if is_text else media_type,
        "Cache-Control": "public, max-age=31536000, immutable" if name.startswith(HASHED) else "no-cache",
        "ETag": f'"{blake2b(content, digest_size=12).hexdigest()}"',
    }
    compressible = is_text and len(content) >= WORTH_COMPRESSING
    if compressible:
        headers["Vary"] = "Accept-Encoding"
    return _File(content, compressible, headers)


def _answer(file: _File, request: Headers, extra: dict[str, str]) -> Response:
    headers = file.headers | extra
    if file.headers["ETag"] in request.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if file.compressible and "gzip" in request.get("accept-encoding", ""):
        headers["ETag"] = headers["ETag"][:-1] + '-gzip"'
        return Response(file.compressed, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.content, headers=headers)


def _policy(page: bytes) -> str:
    """The content security policy of a page; its own inline scripts are allowed by their digests."""
    digests = [sha256(script).digest() for script in _INLINE_SCRIPT.findall(page)]
    scripts = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{scripts}",
            "style-src 'self' 'unsafe-inline'",  # the component library writes style elements
            "img-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
