"""How a server gets its first administrator."""

import subprocess
from pathlib import Path

from tallybook.bootstrap.node import node
from tallybook.settings import Settings
from tests.app.serving import PROGRAM, START_SECONDS, environment

PASSWORD = "the tide comes in twice"


async def test_an_operator_makes_an_account_an_admin_or_a_new_one_with_a_password_from_the_input(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/tallybook.db"

    def run(*arguments: str, typed: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [PROGRAM, "create-admin", *arguments],
            cwd=tmp_path,
            env=environment(url),
            input=typed,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    code, said = run("frida")
    assert (code, "--password-stdin" in said) == (2, True)
    assert run("frida", "--password-stdin", typed="short\n")[0] == 1
    assert run("frida", "--password-stdin", typed=f"{PASSWORD}\n") == (0, "frida is an administrator now.\n")
    code, said = run("frida", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (code, "has this username" in said) == (1, True)
    assert run("oskar", "--promote")[0] == 1
    settings = Settings(database_url=url)
    async with node(settings) as running:
        await running.accounts.register("oskar", PASSWORD)
    assert run("oskar", "--promote")[0] == 0

    async with node(settings) as running:
        for username in ("frida", "oskar"):
            signed_in = await running.accounts.login(username, PASSWORD, address="here")
            assert running.accounts.verify(signed_in.access_token).roles == {"admin"}
