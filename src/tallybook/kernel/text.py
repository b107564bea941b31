"""Names and free text: what may be stored, and how text stays out of events."""

import hashlib
import unicodedata

import msgspec

from tallybook.kernel.refusals import invalid

NAME_LENGTH = 100
TEXT_LENGTH = 2_000
_VISIBLE = frozenset("LNPS")  # letters, numbers, punctuation, symbols
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
    if not any(unicodedata.category(c)[0] in _VISIBLE for c in name):
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
