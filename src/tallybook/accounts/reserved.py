"""Names that would pass for the server or the people who run it, in whatever letters they are written."""

import unicodedata

from tallybook.kernel.refusals import invalid

# Who speaks for the server: neither usernames nor display names.
_OFFICES = """
    admin administrator administration root superuser system sysadmin server tallybook support helpdesk
    moderator moderation staff official operator security webmaster postmaster communitymanager
"""
# What stands for a place, or for nobody: no usernames.
_PLACES = """
    me api www auth login logout register signup signin account settings help about
    nobody everybody anonymous guest null none undefined deleted
"""
# What can be taken for a letter, after the confusables of Unicode's UTS #39.
_LETTERS = {
    "a": "4@аαɑ",
    "b": "8ьβ",
    "c": "сϲ",
    "d": "ԁđð",
    "e": "3еεё",
    "f": "ғ",
    "g": "ɡ",
    "h": "һн",
    "j": "ј",
    "k": "кκ",
    "l": "1i|!іӏїıιɩɪʟł",
    "m": "м",
    "n": "пηи",
    "o": "0оοøσ",
    "p": "рρ",
    "q": "ԛ",
    "r": "гɾ",
    "s": "5$ѕ",
    "t": "7тτ",
    "u": "υս",
    "v": "ѵν",
    "w": "ԝωш",
    "x": "хχ",
    "y": "уγү",
    "z": "2",
}
_LOOKALIKES = str.maketrans({alike: letter for letter, those in _LETTERS.items() for alike in those})
# Capitals that look like another letter than their small forms do.
_CAPITALS = str.maketrans("ΒΕΖΗΝΡΤΥΧВКМНТУ", "bezhnptyxbkmhty")
_DECORATION = "!|*~-_.:;,+=#()[]{}<>'\" "


def skeleton(name: str) -> str:
    """What the name looks like: equal for names that can be taken for one another."""
    small = unicodedata.normalize("NFKC", name).strip(_DECORATION).translate(_CAPITALS).casefold()
    letters = unicodedata.normalize("NFKD", small).translate(_LOOKALIKES)
    plain = "".join(c for c in letters if unicodedata.category(c)[0] in "LN")
    return plain.replace("rn", "m").replace("vv", "w")


_OFFICIAL = frozenset(skeleton(name) for name in _OFFICES.split())
_RESERVED = _OFFICIAL | {skeleton(name) for name in _PLACES.split()}


def refuse_reserved_username(username: str) -> None:
    if skeleton(username) in _RESERVED:
        raise invalid("username", "is reserved")


def refuse_official_name(name: str) -> None:
    """Refuse a display name that looks like the server's own people."""
    if skeleton(name) in _OFFICIAL:
        raise invalid("display_name", "would pass for the people who run this server")
