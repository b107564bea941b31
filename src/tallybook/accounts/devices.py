"""What a signed-in device is called in its owner's list: the browser and the system, no more."""

import re

# The first that matches counts: nearly every browser also claims to be others.
_BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}")
_LONGEST = 500  # of what is looked at


def device_of(user_agent: str | None) -> str | None:
    """A short label for a User-Agent, such as `Firefox on Android`; None where it says nothing."""
    agent = (user_agent or "")[:_LONGEST]
    browser = _first(_BROWSERS, agent)
    system = _first(_SYSTEMS, agent)
    if browser and system:
        return f"{browser} on {system}"
    product = _PRODUCT.match(agent)  # of programs: okhttp/4.12 is okhttp
    return browser or system or (product and product[0].rstrip(" ._-")) or None


def _first(table: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((label for label, pattern in table if re.search(pattern, agent)), None)
