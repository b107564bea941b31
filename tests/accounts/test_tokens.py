"""Access tokens: which count, and where their secrets come from."""

import stat
from pathlib import Path

import jwt
import pytest

from tallybook.accounts.tokens import LIFETIME, AccessTokens, Claims, kept_secrets
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tests.accounts.kit import SECRET, HandClock

OTHER = "another secret, just as long as that"


def issued(tokens: AccessTokens) -> str:
    return tokens.issue(new_id(), "account", ["admin"], new_id())


def test_a_token_says_who_until_its_hour_is_over() -> None:
    clock = HandClock()
    tokens = AccessTokens([SECRET], clock)
    player_id, sign_in = new_id(), new_id()
    token = tokens.issue(player_id, "guest", ["admin"], sign_in)

    claims = tokens.verify(token)
    assert claims == Claims(player_id, "guest", frozenset({"admin"}), sign_in, claims.expires_at)

    clock.seconds += LIFETIME
    for reader in (tokens, AccessTokens([SECRET], clock)):  # remembered, and seen for the first time
        with pytest.raises(Refusal, match="expired"):
            reader.verify(token)


def test_tokens_of_an_older_secret_count_while_it_is_in_the_ring() -> None:
    clock = HandClock()
    token = issued(AccessTokens([SECRET], clock))

    assert AccessTokens([OTHER, SECRET], clock).verify(token)
    with pytest.raises(Refusal, match="not issued by this server"):
        AccessTokens([OTHER], clock).verify(token)


def test_forged_tokens_are_refused() -> None:
    clock = HandClock()
    tokens = AccessTokens([SECRET], clock)
    token = issued(tokens)
    header, payload, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    forged = [
        "",
        "a.b.c",
        "é",
        "x" * 100_000,
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[::-1]}",
        jwt.encode(claims, "", algorithm="none", headers={"kid": kid}),
        jwt.encode(claims, OTHER, algorithm="HS256", headers={"kid": kid}),
        jwt.encode(claims, OTHER, algorithm="HS256"),
    ]
    for each in forged:
        with pytest.raises(Refusal) as caught:
            tokens.verify(each)
        assert caught.value.code == "invalid_token"


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    made = kept_secrets(folder)

    assert kept_secrets(folder) == made
    assert len(made) == 1
    assert len(made[0]) >= 32
    assert stat.S_IMODE((folder / "secret_keys").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_keys"]
