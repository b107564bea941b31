"""Schemathesis over the whole API in process: `python -m tests.contract.fuzzing 300` for a long run."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import jsonschema_rs
import msgspec
import schemathesis
from schemathesis import Case, CheckContext, Response, engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from schemathesis.python import asgi

from tallybook.bootstrap.node import Node, node
from tallybook.delivery.rest.app import openapi_document
from tallybook.delivery.rest.examples import ANA, BEA, GAME, KEY, ROOM, SESSION, STAT_SET
from tallybook.kernel.refusals import Refusal
from tallybook.settings import Settings
from tests.ledger.kit import create_tables
from tests.rest.kit import API, PASSWORD

STATS = [
    {"name": "Points", "data_type": "integer", "scoring": True},
    {"name": "Weight", "data_type": "decimal"},
    {"name": "Remark", "data_type": "text"},
    {"name": "Rounds", "data_type": "integer", "scope": "table"},
]
ENDS_SIGN_IN = {
    ("POST", f"{API}/auth/register"),
    ("POST", f"{API}/auth/logout"),
    ("POST", f"{API}/players/me/password"),
    ("DELETE", f"{API}/players/me"),
    ("DELETE", f"{API}/players/me/sign-ins"),
    ("DELETE", f"{API}/players/me/sign-ins/{{id}}"),
}


@schemathesis.check
def documented_code(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A refusal's code is among those that the operation names for its status."""
    no_operation = response.status_code == 405  # of another method, which the path does not answer
    if "problem+json" in response.headers.get("content-type", [""])[0] and not no_operation:
        described = case.operation.definition.raw["responses"]
        named = described.get(str(response.status_code), described["default"])["description"]
        code = msgspec.json.decode(response.content)["code"]
        assert f"`{code}`" in named, f"{code} is not named for {response.status_code}"


class Served:
    """The application, with a node behind it that lives as long as its lifespan."""

    def __init__(self, settings: Settings) -> None:
        self._node: AbstractAsyncContextManager[Node] = node(settings)
        self.running: Node

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.running.app(scope, receive, send)
            return
        await receive()
        async with self._node as self.running:
            await self.running.accounts.create_admin("the-admin", PASSWORD)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


class World:
    """Somebody who may do much, and things to do it with."""

    def __init__(self, served: Served, client: Any) -> None:
        self._served = served
        self._client = client
        self._token = self._enter("login", username="the-admin", password=PASSWORD)
        self.real = self._build()

    def token(self, case: Any) -> str:
        """A token that counts; one to lose where the request ends it."""
        if (case.method.upper(), case.operation.path) in ENDS_SIGN_IN:
            return self._enter("guest", display_name="Gus")
        try:
            self._served.running.accounts.verify(self._token)
        except Refusal:
            self._token = self._enter("login", username="the-admin", password=PASSWORD)
        return self._token

    def _enter(self, how: str, **body: str) -> str:
        response = self._client.post(f"{API}/auth/{how}", json=body)
        token: str = response.json()["access_token"]
        return token

    def _post(self, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        response = self._client.post(API + path, json=body, headers=headers)
        assert response.ok, response.text
        return response.json()

    def _build(self) -> dict[str, str]:
        """Real things to stand in the place of those that the examples speak of."""
        game = self._post("/games", name="A game")["id"]
        stat_set = self._post(f"/games/{game}/stat-sets", name="Stats", stats=STATS)["id"]
        seats = [{"name": "Ana"}, {"name": "Bea"}]
        session = self._post("/sessions", game_id=game, stats=STATS, seats=seats)
        ana, bea = [seat["player_id"] for seat in session["seats"]]
        real = {GAME: game, STAT_SET: stat_set, SESSION: session["id"], ROOM: session["room_id"]}
        return real | {ANA: ana, BEA: bea, KEY: session["key"]}


@contextmanager
def fuzzed(settings: Settings, *, examples: int, steady: bool) -> Iterator[Any]:
    """The schema, ready to be run against a server of its own; `steady` is the same every time."""
    phase = {"generation": {"max-examples": examples}}
    config = SchemathesisConfig.from_dict(
        {
            "continue-on-failure": True,
            "generation": {"deterministic": steady, "database": "none", "no-shrink": True},
            # Whether a value fits often depends on other fields and on the state of things (a cursor belongs
            # to one list, a seat to one table): then it is refused by 400, and no schema could say so.
            "checks": {"positive_data_acceptance": {"enabled": False}},
            # DELETE archives a game: what belongs to it stays.
            "operations": [
                {"include-path-regex": "/games", "checks": {"use_after_free": {"enabled": False}}}
            ],
            "phases": {"fuzzing": phase, "stateful": phase},
        }
    )
    served = Served(settings)
    try:
        with asgi.get_client(served) as client:
            world = World(served, client)
            document = openapi_document().decode()
            for example, real in world.real.items():
                document = document.replace(example, real)
            schema = schemathesis.openapi.from_dict(msgspec.json.decode(document), config=config)
            schema.app = served

            @schema.auth(refresh_interval=None)
            class Auth:
                def get(self, case: Any, context: Any) -> str:
                    return world.token(case)

                def set(self, case: Any, data: str, context: Any) -> None:
                    case.headers["Authorization"] = f"Bearer {data}"

            @schema.hook
            def map_path_parameters(context: Any, path_parameters: Any) -> Any:
                """Every other id is that of something real; what is no id stays none."""
                operation = context.operation.definition.raw
                for parameter in operation.get("parameters", ()):
                    given = str((path_parameters or {}).get(parameter["name"], ""))
                    if parameter["in"] == "path" and _fits(given, parameter) and sum(given.encode()) % 2:
                        path_parameters[parameter["name"]] = parameter["example"]
                return path_parameters

            yield schema
    finally:
        asgi.shutdown_lifespans()


def _fits(given: str, parameter: Any) -> bool:
    return jsonschema_rs.is_valid(parameter["schema"], given, validate_formats=True)


def failures(schema: Any) -> Iterator[str]:
    """Run every phase, and say what was found."""
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield f"{event!r} {getattr(event, 'value', getattr(event, 'exception', None))!r}"
        if isinstance(event, events.ScenarioFinished):
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        failure = check.failure_info.failure
                        interaction = event.recorder.interactions[case_id]
                        yield "\n".join(
                            [
                                f"--- {event.phase.value} {event.recorder.label}: {check.name}",
                                f"{failure.title}: {failure.message}",
                                check.failure_info.code_sample,
                                str(interaction.response and interaction.response.text)[:600],
                            ]
                        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tallybook.db"
        asyncio.run(create_tables(url))
        secret = "a secret of the tests, long enough"
        settings = Settings(
            database_url=url,
            secret_keys=(secret,),
            sign_in_limit="100000/minute",
            rate_limit="1000000/minute",
            admin_rate_limit="1000000/minute",
        )
        with fuzzed(settings, examples=int(sys.argv[1]), steady=False) as found:
            for failure in failures(found):
                print(failure, flush=True)
