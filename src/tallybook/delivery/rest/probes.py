"""What machines ask about the server itself: whether it lives, whether it can serve, and its metrics."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tallybook.delivery.health import Failing
from tallybook.delivery.rest.answers import answer
from tallybook.delivery.rest.watch import Watch

router = APIRouter(include_in_schema=False)


async def _watch(request: Request) -> Watch:
    watch: Watch = request.app.watch
    return watch


_Watch = Annotated[Watch, Depends(_watch)]


@router.get("/healthz")
async def alive(watch: _Watch) -> Response:
    """The process works; when it does not, only a restart helps."""
    return _answer(watch.health.lives())


@router.get("/readyz")
async def ready(watch: _Watch) -> Response:
    """The server can do its work now."""
    return _answer(await watch.health.ready())


def _answer(failing: Failing) -> Response:
    return answer({"status": "failing", "checks": failing}, 503) if failing else answer({"status": "ok"})


@router.get("/metrics")
async def metrics(request: Request, watch: _Watch) -> Response:
    """The metrics, as Prometheus reads them."""
    headers = request.headers
    content, kind = watch.scrape.render(headers.get("Authorization", ""), headers.get("Accept", ""))
    return Response(content, headers={"Content-Type": kind})
