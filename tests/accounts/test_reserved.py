"""Names nobody may bear, in whatever letters, and passwords that anybody would guess."""

import pytest
from argon2 import PasswordHasher

from tallybook.accounts.devices import device_of
from tallybook.accounts.passwords import Passwords
from tallybook.accounts.reserved import refuse_official_name, refuse_reserved_username
from tallybook.kernel.refusals import Refusal


@pytest.mark.parametrize(
    "username",
    [
        "admin",
        "ADMIN",
        "adm1n",
        "adm-in_",
        "r00t",
        "5y5tem",
        "TaIIybook",
        "modera7or",
        "adrnin",
        "me",
        "a-p-i",
    ],
)
def test_a_username_that_looks_reserved_is_refused(username: str) -> None:
    with pytest.raises(Refusal, match="username: is reserved"):
        refuse_reserved_username(username)


@pytest.mark.parametrize(
    "name",
    [
        "Admin",
        "аdmin",
        "ΑDMΙΝ",
        "ѕуѕtеm",
        "Ｓｕｐｐｏｒｔ",
        "Tally Book",
        "ad\u200bmin",
        "Ádmín",
        "Moderаtor!",
    ],
)
def test_a_display_name_that_passes_for_the_server_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        refuse_official_name(name)
    assert [error.field for error in caught.value.errors] == ["display_name"]


@pytest.mark.parametrize("name", ["Ana", "Me", "Адам", "Αθηνά", "Adminka", "Systematic", "ルート", "Rooty"])
def test_other_names_are_for_everybody(name: str) -> None:
    refuse_official_name(name)


@pytest.mark.parametrize(
    "password",
    ["", "short", "Password1", "QWERTZUIOP", "abababab", "ana-maria", "ANA-MARIA", "x" * 1_000_000],
)
async def test_a_password_that_anybody_would_guess_is_refused_before_any_hashing(password: str) -> None:
    class Unused(PasswordHasher):
        def hash(self, *_: object, **__: object) -> str:
            raise AssertionError("this costs 50 ms and 64 MiB")

    passwords = Passwords(Unused())
    with pytest.raises(Refusal) as caught:
        await passwords.hash(password, username="Ana-Maria", field="new")
    passwords.close()
    assert [error.field for error in caught.value.errors] == ["new"]


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("okhttp/4.12.0", "okhttp"),
        ("<script>", None),
        ("", None),
        (None, None),
    ],
)
def test_a_device_is_called_by_its_browser_and_system(user_agent: str | None, label: str | None) -> None:
    assert device_of(user_agent) == label
