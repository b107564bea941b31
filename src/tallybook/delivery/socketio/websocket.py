"""A Socket.IO client's WebSocket, which begins a session or takes one over from polling."""

from functools import partial
from urllib.parse import parse_qs, urlsplit

from uvicorn.server import ServerState
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from tallybook.access.actor import Actor
from tallybook.delivery.channels.frames import Malformed, text_frame
from tallybook.delivery.channels.transport import Connection
from tallybook.delivery.channels.upgrade import Carriers
from tallybook.delivery.socketio.packets import PING, PONG, SEPARATOR, UPGRADE
from tallybook.delivery.socketio.sessions import PATHS, Engine, Session

PROBE = b"probe"


def carriers(engine: Engine) -> Carriers:
    """What takes over upgrades on the paths of Socket.IO."""
    return {path.encode(): partial(EngineConnection, engine) for path in PATHS}


class EngineConnection(Connection):
    """A client of `/socket.io/` by WebSocket. Everything it may cost is bounded as in Channels."""

    __slots__ = ("_engine", "_session")

    def __init__(self, engine: Engine, server_state: ServerState) -> None:
        super().__init__(engine.endpoint, server_state)
        self._engine = engine
        self._session: Session | None = None

    async def _admit(self, request: Request, handshake: ServerProtocol, response: Response) -> None:
        # Nobody has to be anybody yet: that is said by a packet.
        try:
            query = parse_qs(urlsplit(request.path).query, max_num_fields=20)
        except ValueError:
            query = {}
        sid = query.get("sid", [None])[0]
        before = None if sid is None else self._engine.sessions.get(sid)
        if query.get("EIO") != ["4"] or query.get("transport") != ["websocket"]:
            self._refuse(handshake.reject(400, "EIO=4 and transport=websocket are spoken here\n"))
        elif self._endpoint.draining:
            self._refuse(handshake.reject(503, "the server is about to restart\n"))
        elif sid is None:
            self._let_in(response, self._take(self._engine.open(self)))
        elif before is None or before.carrier is not None or before.upgrading:
            self._refuse(handshake.reject(400, "there is no such session to take over\n"))
        else:
            self._let_in(response, _Probe(self, before))

    def _take(self, session: Session) -> Session:
        self._session, self._outbox = session, session.outbox
        return session

    def probed(self) -> None:
        """Tell the client that this works."""
        self._transport.write(text_frame(PONG + PROBE))

    def take_over(self, session: Session) -> None:
        """From now on the session goes over this."""
        self._talk = self._take(session)
        session.upgrade(self)

    def carry(self, packets: bytes) -> None:
        self._transport.write(b"".join(map(text_frame, packets[:-1].split(SEPARATOR))))

    def sweep(self, now: float) -> None:
        super().sweep(now)
        if self._session is not None:
            self._session.sweep(now)


class _Probe:
    """A WebSocket that is tried out while its session still polls."""

    joined = False
    actor: Actor | None = None

    def __init__(self, connection: EngineConnection, session: Session) -> None:
        self._connection = connection
        self._session = session

    def text(self, data: bytes) -> None:
        session = self._session
        if data == PING + PROBE and not session.upgrading and session.carrier is None and not session.ended:
            session.begin_upgrade()
            self._connection.probed()
        elif data == UPGRADE and session.upgrading and not session.ended:
            self._connection.take_over(session)
        else:
            raise Malformed("not a probe")

    def binary(self, data: bytes) -> None:
        raise Malformed("not a probe")

    def closed(self) -> None:
        self._session.upgrading = False
