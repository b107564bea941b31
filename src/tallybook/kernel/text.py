"""Names and free text: what may be stored, and how text stays out of events."""

import hashlib
import unicodedata

import msgspec

from tallybook.kernel.refusals import invalid

NAME_LENGTH = 100
TEXT_LENGTH = 2_000
_VISIBLE = frozenset("LNPS")  # letters, numbers, punctuation, symbols
# Letters and symbols by their category that are shown as nothing: Hangul fillers, Braille without a dot, and
# a note without a head. What else is invisible has another category.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class FreeText(msgspec.Struct, frozen=True, omit_defaults=True):
    """Text a person typed. Events carry only its digest; the text is kept beside and can be erased."""

    digest: str
    text: str | None = None

    @classmethod
    def of(cls, text: str) -> "FreeText":
        return cls(hashlib.blake2b(text.encode(), digest_size=16).hexdigest(), text)

    def without_text(self) -> "FreeText":
        return FreeText(self.digest)


def clean_name(text: str, field: str = "name", *, longest: int = NAME_LENGTH) -> str:
    """A name as it is stored: NFC, trimmed, one line, visible, at most `longest` characters."""
    if len(text) > 4 * longest:  # before any work on it
        raise invalid(field, f"at most {longest} characters")
    name = _storable(text, field).strip()
    if not any(unicodedata.category(c)[0] in _VISIBLE and c not in _BLANK for c in name):
        raise invalid(field, "needs at least one visible character")
    if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} or c in _BIDI_CONTROLS for c in name):
        raise invalid(field, "may not hold control characters")
    if len(name) > longest:
        raise invalid(field, f"at most {longest} characters")
    return name


def clean_text(text: str, field: str, *, longest: int = TEXT_LENGTH) -> str:
    """Free text as it is stored: NFC, lines allowed, no other control characters."""
    if len(text) > 4 * longest:
        raise invalid(field, f"at most {longest} characters")
    clean = _storable(text, field)
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in clean):
        raise invalid(field, "may not hold control characters")
    if len(clean) > longest:
        raise invalid(field, f"at most {longest} characters")
    return clean


def _storable(text: str, field: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise invalid(field, "holds half a character (a lone surrogate)") from None
    return unicodedata.normalize("NFC", text)


def fold_case(name: str) -> str:
    """The form in which names are compared: compatibility characters and case folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


# Letters that Unicode does not take apart into a plain letter and its marks.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_INHERENT_MARKS = frozenset({0, 7, 8, 9})  # vowel signs, nukta, kana voicing, virama: not accents
_SEARCHED_LENGTH = 24


def fold_for_search(text: str) -> str:
    """The form in which people search: case, accents and runs of spaces make no difference."""
    apart = unicodedata.normalize("NFD", fold_case(text)).translate(_PLAIN_LETTERS)
    bare = "".join(c for c in apart if unicodedata.combining(c) in _INHERENT_MARKS)
    return " ".join(unicodedata.normalize("NFC", bare).split())


def search_words(name: str) -> set[str]:
    """What a search may begin with to find the name: its words, and what follows within them.

    A new word begins where letters, digits and other characters meet, and at every letter of
    scripts that may be written without spaces.
    """
    words: set[str] = set()
    for token in fold_for_search(name).split():
        before = ""
        for at, character in enumerate(token):
            category = unicodedata.category(character)
            if category[0] != "M" and (category == "Lo" or category[0] != before):
                words.add(token[at : at + _SEARCHED_LENGTH])
            before = category[0] if category[0] != "M" else before
    return words


def searched_words(q: str) -> list[str]:
    """The beginnings of words that somebody searches for; a name has to have all of them."""
    return [word[:_SEARCHED_LENGTH] for word in fold_for_search(q).split()]
