"""The last guard of the log: what is or looks like a secret leaves it as `…`."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

_VALUE = r"""("[^"]*"|'[^']*'|[^\s&,;)}\]]+)"""
_SHAPES = (
    r"(?P<user>://)[^/\s@]+(?=@)",  # user and password in a URL
    r"(?P<bearer>(?i:\bbearer) )[^\s\"']+",
    # Fields by their names, as a query, JSON or Python writes them.
    r"(?P<field>(?i:token|password|secret|api_key|email)[\"']?\s?[=:]\s?)" + _VALUE,
    r"\beyJ[\w-]{6,}(?:\.[\w-]*)*",  # JSON Web Tokens
    r"\btb_[\w-]{8,}",  # API keys
    r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{40,}",  # whatever else was drawn by lot
    r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+",  # e-mail addresses
)


def hider(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that takes out of a text these secrets and everything of a secret's shape."""
    spelled = [re.escape(way) for secret in secrets for way in (secret, quote(secret))]
    found = re.compile("|".join([*spelled, *_SHAPES]))

    def kept(match: re.Match[str]) -> str:
        return (match["user"] or match["bearer"] or match["field"] or "") + "…"

    return lambda text: found.sub(kept, text)
