"""What a real process logs, and what it says of itself while its database is away."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import msgspec
import psutil
import pytest

from tallybook.delivery.health import ANSWER_SECONDS
from tests.app.people import Person, Refused, door
from tests.app.serving import Tallybook, tallybook
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.faults

SECRET_KEY = "planted secret key of the server and long enough"
METRICS_TOKEN = "planted metrics token"
PASSWORD = "planted pass phrase"
EMAIL = "planted@example.org"


async def test_a_log_in_which_everything_was_said_holds_no_secret(database_url: str, tmp_path: Path) -> None:
    more = {"TALLYBOOK_SECRET_KEYS": SECRET_KEY, "TALLYBOOK_METRICS_TOKEN": METRICS_TOKEN}
    server = Tallybook(database_url, tmp_path, **more, TALLYBOOK_LOG_LEVEL="debug")
    server.start()
    secrets = [SECRET_KEY, METRICS_TOKEN, PASSWORD, EMAIL, EMAIL.replace("@", "%40")]
    try:
        async with door(server.url) as entrance:
            nobody = entrance.nobody
            account = {"username": "ana", "password": PASSWORD, "email": EMAIL}
            signed_in = await nobody.post("/auth/register", **account)
            secrets += [signed_in["access_token"], signed_in["refresh_token"]]
            ana = Person(entrance.http, signed_in["player"]["id"], signed_in["access_token"])
            for refused in (
                account,
                {"username": "ben", "password": PASSWORD, "email": EMAIL, "age": PASSWORD},
            ):
                with suppress(Refused):
                    await nobody.post("/auth/register", **refused)
            with suppress(Refused):
                await nobody.post("/auth/login", username="ana", password=PASSWORD + "?")
            again = await nobody.post("/auth/refresh", refresh_token=signed_in["refresh_token"])
            secrets += [again["access_token"], again["refresh_token"]]
            session = await ana.open({"name": "Ben"})
            secrets.append(session["key"])
            await ana.get(f"/rooms/by-key/{session['key']}")
            async with ana.device(session["key"]) as device:
                await device.push("record", seat=0, stat="Points", value=5)
                await device.send("room:" + session["key"], "record", PASSWORD)
            paths = [f"/{secret}?token={secret}&email={EMAIL}" for secret in secrets if secret != PASSWORD]
            for path in (*paths, f"/socket/websocket?vsn=2.0.0&token={ana.token}", "/metrics"):
                await entrance.http.get(path, headers={"Authorization": f"Bearer {secrets[-2]}"})
            assert (await entrance.http.get("/metrics")).status_code == 401
    finally:
        server.close()
    log = server.log.read_text()
    lines = [msgspec.json.decode(line) for line in log.splitlines() if line.startswith("{")]
    assert {line["route"] for line in lines if line["event"] == "request"} > {
        "/metrics",
        "/api/v1/rooms/by-key/{key}",
        "(none)",
    }
    assert [secret for secret in secrets if secret in log or secret.replace(" ", "%20") in log] == []


def test_requests_are_logged_unless_that_is_switched_off_and_otherwise_the_log_is_quiet(
    tmp_path: Path,
) -> None:
    server = Tallybook(f"sqlite:///{tmp_path}/tallybook.db", tmp_path, TALLYBOOK_ACCESS_LOG="false")
    server.start()
    server.stop()
    assert server.log.read_text().count("\n") == 1  # where it serves
    for setting, said in (("TALLYBOOK_LOG_LEVEL", "loud"), ("TALLYBOOK_METRICS_TOKEN", "short")):
        done = tallybook(tmp_path, server.database_url, "serve", more={setting: said})
        assert (done.returncode, setting in done.stderr) == (2, True)


class Collector(ThreadingHTTPServer):
    """Takes what is sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[str, bytes]] = []


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_traces_are_sent_and_nobody_to_take_them_does_not_keep_a_server_from_its_end(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path}/tallybook.db"
    with Collector() as collector:
        Thread(target=collector.serve_forever).start()
        there = f"http://127.0.0.1:{collector.server_port}"
        server = Tallybook(database_url, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=there)
        server.start()
        httpx.post(f"{server.url}/api/v1/auth/guest", json={"display_name": "Ana"}, trust_env=False)
        server.stop()
        collector.shutdown()
    assert {path for path, _ in collector.taken} == {"/v1/traces"}
    sent = b"".join(content for _, content in collector.taken)
    assert all(name in sent for name in (b"POST /api/v1/auth/guest", b"ledger batch", b"INSERT"))

    server = Tallybook(database_url, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=there)
    server.start()
    server.stop()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running
        frozen(running, signal.SIGCONT)


def frozen(server: Postgres, stop_or_go: signal.Signals) -> None:
    """Stop every process of a server where it stands, or let them go on."""
    for process in (psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children()):
        with suppress(psutil.NoSuchProcess):
            os.kill(process.pid, stop_or_go)


def test_a_database_that_is_away_shows_in_time_and_readiness_comes_back(
    postgres: Postgres, tmp_path: Path
) -> None:
    server = Tallybook(postgres.create_database(), tmp_path)
    server.start()
    try:
        with httpx.Client(base_url=server.url, trust_env=False) as client:

            def until_ready() -> None:
                while client.get("/readyz").status_code != 200:
                    time.sleep(0.02)

            ways: list[tuple[Callable[[], None], Callable[[], None]]] = [
                (partial(frozen, postgres, signal.SIGSTOP), partial(frozen, postgres, signal.SIGCONT)),
                (partial(postgres.stop, crashing=True), postgres.start),
            ]
            for away, back in ways:
                away()
                answer = client.get("/readyz", timeout=ANSWER_SECONDS + 3)
                assert (answer.status_code, "database" in answer.json()["checks"]) == (503, True)
                assert client.get("/healthz").status_code == 200
                back()
                until_ready()
    finally:
        server.close()
