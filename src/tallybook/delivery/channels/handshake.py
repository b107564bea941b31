"""What an upgrade request says: which protocol version, and whose token."""

import base64
from urllib.parse import parse_qs, urlsplit

from websockets.headers import parse_subprotocol
from websockets.http11 import Request
from websockets.typing import Subprotocol

from tallybook.kernel.refusals import Refusal

SUBPROTOCOL = Subprotocol("phoenix")
_BEARER = "base64url.bearer.phx."


def version_of(request: Request) -> str:
    """The `vsn` asked for; one that is missing means the first."""
    return _query(request, "vsn") or "1.0.0"


def token_of(request: Request) -> str:
    """The token from the query, or from the subprotocol in which newer clients keep it out of logs."""
    token = _query(request, "token") or _offered_token(request)
    if not token:
        raise Refusal("unauthenticated", "connect with a token")
    return token


def _query(request: Request, name: str) -> str | None:
    try:
        values = parse_qs(urlsplit(request.path).query, max_num_fields=20).get(name)
    except ValueError as error:
        raise Refusal("malformed", "the query could not be read") from error
    return values[0] if values else None


def _offered_token(request: Request) -> str | None:
    for header in request.headers.get_all("Sec-WebSocket-Protocol"):
        for offered in parse_subprotocol(header):
            if offered.startswith(_BEARER):
                encoded = offered.removeprefix(_BEARER)
                try:
                    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
                except ValueError as error:
                    raise Refusal("malformed", "the token in the subprotocol could not be read") from error
    return None
