"""One WebSocket connection, from the upgrade request to the last byte, as a protocol class for uvicorn."""

import asyncio
import logging
from collections.abc import Sequence
from enum import Enum
from types import GeneratorType
from typing import TYPE_CHECKING, Protocol, cast

from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]  # the quick one, if built
from websockets.http11 import Request, Response
from websockets.protocol import OPEN, SEND_EOF
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import Subprotocol

from tallybook.access.actor import Actor
from tallybook.delivery.channels.frames import WIRES, Malformed
from tallybook.delivery.channels.handshake import SUBPROTOCOL, token_of, version_of
from tallybook.delivery.channels.outbox import Outbox
from tallybook.kernel.refusals import Refusal

if TYPE_CHECKING:
    from tallybook.delivery.channels.endpoint import Endpoint

log = logging.getLogger(__name__)
_protocol_log = logging.getLogger(f"{__name__}.protocol")
_protocol_log.setLevel(logging.WARNING)  # it tells every connection otherwise

GOING_AWAY = 1001
UNSUPPORTED_DATA = 1003
INVALID_DATA = 1007
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013


class Frames(ServerProtocol):
    """An open WebSocket without its handshake, which never sends a close frame without a code.

    OkHttp fails on those, and 1000 would tell older Phoenix clients to stay away.
    """

    def __init__(self, message_bytes: int) -> None:
        super().__init__(state=OPEN, max_size=message_bytes, logger=_protocol_log)
        self.at_a_boundary = True  # the next byte begins a frame

    def receive_data(self, data: bytes | bytearray) -> None:
        super().receive_data(data)
        self.at_a_boundary = self._waits_for_a_frame()

    def _waits_for_a_frame(self) -> bool:
        """Whether the parser waits for one, or for the end."""
        waiting = cast("GeneratorType[None, None, None]", self.parser)
        while isinstance(waiting.gi_yieldfrom, GeneratorType):
            waiting = waiting.gi_yieldfrom
        return waiting.gi_code is StreamReader.at_eof.__code__

    def send_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and not frame.data:
            frame = Frame(Opcode.CLOSE, GOING_AWAY.to_bytes(2, "big"))
        super().send_frame(frame)


class Talk(Protocol):
    """What a connection carries once it is open."""

    @property
    def actor(self) -> Actor | None: ...

    @property
    def joined(self) -> bool:
        """Whether it ever got into a topic."""

    def text(self, data: bytes) -> None:
        """A text message came in; `Malformed` when it is none of the protocol's."""

    def binary(self, data: bytes) -> None:
        """A binary message came in."""

    def closed(self) -> None:
        """The connection is gone or going: nothing can be sent from now on."""


class _State(Enum):
    SHAKING_HANDS = 1
    OPEN = 2
    CLOSING = 3  # a close frame is on its way, or half of the connection is down
    LOST = 4


class Connection(asyncio.Protocol):
    """A client of `/socket/websocket`. Everything it may cost is bounded by the endpoint's `Limits`."""

    __slots__ = (
        "_active",
        "_endpoint",
        "_frames",
        "_incoming",
        "_opening",
        "_outbox",
        "_owed",
        "_paused",
        "_server_state",
        "_since",
        "_started",
        "_state",
        "_talk",
        "_transport",
    )

    def __init__(self, endpoint: "Endpoint", server_state: ServerState) -> None:
        self._endpoint = endpoint
        self._server_state = server_state
        self._state = _State.SHAKING_HANDS
        self._frames: Frames | None = None
        self._talk: Talk | None = None
        self._opening: asyncio.Task[None] | None = None
        self._incoming: bytearray | None = None  # a message so far; before the handshake, whatever came early
        self._owed = 0  # frames read and not yet paid off by the time passed
        self._paused = False
        self._active = False  # whether anything came in since the last sweep
        self._since = self._started = endpoint.clock.monotonic()  # of the last activity; of the state

    def connection_made(  # type: ignore[override]  # TCP can do both
        self, transport: asyncio.Transport
    ) -> None:
        self._transport = transport
        self._outbox = Outbox(transport.write)
        self._server_state.connections.add(self)  # type: ignore[arg-type]  # it lists its own classes
        self._endpoint.add(self)
        # The transport tells us when more than this is unsent, so that no write has to look.
        transport.set_write_buffer_limits(high=self._endpoint.limits.unsent_bytes)

    def open(self, request: Request, early: bytes) -> None:
        """Answer the upgrade request; `early` is what followed it in the same read."""
        handshake = ServerProtocol(select_subprotocol=_select_subprotocol, logger=_protocol_log)
        response = handshake.accept(request)
        if response.status_code != 101:
            self._refuse(response)
            return
        self._incoming = bytearray(early)
        self._opening = asyncio.get_running_loop().create_task(self._admit(request, handshake, response))

    async def _admit(self, request: Request, handshake: ServerProtocol, response: Response) -> None:
        try:
            wire = WIRES.get(version_of(request))
            if wire is None:
                raise Refusal("invalid", "vsn must be 1.0.0 or 2.0.0")
            actor = await self._endpoint.authenticate(token_of(request))
        except Refusal as refusal:
            self._refuse(handshake.reject(403, f"{refusal.code}: {refusal.detail}\n"))
            return
        except Exception:
            log.exception("a socket could not be authenticated")
            self._refuse(handshake.reject(500, ""))
            return
        if self._endpoint.draining:
            self._refuse(handshake.reject(503, "the server is about to restart\n"))
            return
        self._let_in(response, self._endpoint.socket(actor, wire, self._outbox))

    def _let_in(self, response: Response, talk: Talk) -> None:
        self._opening = None
        self._enter(_State.OPEN)
        self._active = True
        self._talk = talk
        self._frames = Frames(self._endpoint.limits.message_bytes)
        self._transport.write(response.serialize())
        early, self._incoming = self._incoming, None
        if early:
            self.data_received(bytes(early))

    def _refuse(self, response: Response) -> None:
        self._enter(_State.CLOSING)
        self._transport.write(response.serialize())
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        frames = self._frames
        if frames is None:
            self._too_early(data)
            return
        self._active = True
        if self._state is _State.OPEN and self._incoming is None and frames.at_a_boundary:
            data = self._whole_messages(data)
        if data:
            self._other_frames(frames, data)
        if self._owed >= self._endpoint.limits.frames_per_second and self._state is _State.OPEN:
            self._paused = True
            self._transport.pause_reading()

    def _whole_messages(self, data: bytes) -> bytes:
        """Take what nearly everything is, unfragmented text of a moderate length; returns the rest."""
        while len(data) > _SHORTEST and data[0] == _WHOLE_TEXT and data[1] >= _MASKED:
            size, start = data[1] - _MASKED, 2
            if size == _TWO_BYTES:
                size, start = int.from_bytes(data[2:4], "big"), 4
            end = start + 4 + size
            limit = self._endpoint.limits.message_bytes
            if size > limit or size == _EIGHT_BYTES or len(data) < end or self._state is not _State.OPEN:
                break
            self._owed += 1
            self._message(Opcode.TEXT, apply_mask(data[start + 4 : end], data[start : start + 4]))
            data = data[end:]
        return data

    def _other_frames(self, frames: Frames, data: bytes) -> None:
        frames.receive_data(data)
        events = frames.events_received()
        self._owed += len(events)
        for event in events:
            assert isinstance(event, Frame)
            if self._state is _State.OPEN and event.opcode not in _CONTROL:
                self._frame(event)
        self._send_protocol_frames(frames)

    def _too_early(self, data: bytes) -> None:
        if self._incoming is not None:  # not refused
            self._incoming += data
            if len(self._incoming) > self._endpoint.limits.message_bytes:
                self._transport.abort()

    def _frame(self, frame: Frame) -> None:
        if frame.fin and frame.opcode is not Opcode.CONT:
            self._message(frame.opcode, bytes(frame.data))
            return
        # The first byte of the buffer is the opcode. A bytearray, because empty fragments then cost nothing.
        if self._incoming is None:
            self._incoming = bytearray((frame.opcode,))
        self._incoming += frame.data
        if frame.fin:
            whole, self._incoming = self._incoming, None
            self._message(Opcode(whole[0]), bytes(memoryview(whole)[1:]))

    def _message(self, opcode: Opcode, data: bytes) -> None:
        assert self._talk is not None
        self._endpoint.received += 1
        try:
            if opcode is Opcode.BINARY:
                self._talk.binary(data)
            else:
                data.decode()  # the messages' payloads are not decoded before somebody reads them
                self._talk.text(data)
        except UnicodeDecodeError:
            self.close(INVALID_DATA, "text that is not UTF-8")
        except Malformed as malformed:
            self.close(UNSUPPORTED_DATA, str(malformed))
        except Exception:
            log.exception("a socket crashed")
            self.close(INTERNAL_ERROR, "the server made a mistake")

    def _send_protocol_frames(self, frames: Frames) -> None:
        """Pongs, and the close frame with which the connection answers or fails."""
        writes = frames.data_to_send()
        if not writes or self._state is _State.LOST:
            return
        self._endpoint.hub.outboxes.flush_one(self._outbox)
        closed_by_client = frames.close_rcvd is not None
        if frames.close_sent is not None and self._state is _State.OPEN:
            self._leave()
        if not self._transport.is_closing():
            self._transport.write(b"".join(writes))
        if SEND_EOF not in writes:
            return
        if closed_by_client or not self._transport.can_write_eof():
            self._transport.close()
        else:
            # Failed. Hanging up with bytes unread would reset the connection and lose the close frame on
            # its way: so only our half is closed, and the rest is read and thrown away for a while.
            self._transport.write_eof()

    @property
    def actor(self) -> Actor | None:
        """Who is connected, once let in."""
        return None if self._talk is None else self._talk.actor

    def close(self, code: int, reason: str = "") -> None:
        """Close an open connection, leaving every topic; does nothing when it is not open."""
        if self._state is not _State.OPEN:
            return
        assert self._frames is not None
        if self._frames.state is OPEN:  # unless what came in has made it close already
            self._frames.send_close(code, reason)
            self._endpoint.closed[code] += 1
        self._send_protocol_frames(self._frames)

    def _leave(self) -> None:
        self._enter(_State.CLOSING)
        assert self._talk is not None
        self._talk.closed()
        if self._paused:
            self._transport.resume_reading()  # to see the client's close frame

    def _enter(self, state: _State) -> None:
        self._state = state
        self._started = self._endpoint.clock.monotonic()

    def shutdown(self) -> None:
        """uvicorn's word that the server stops."""
        if self._state is _State.SHAKING_HANDS:
            self._transport.abort()
        self.close(SERVICE_RESTART, "restart")

    def pause_writing(self) -> None:
        # In the midst of a write, perhaps to many sockets: the rest of them comes first.
        asyncio.get_running_loop().call_soon(self.close, TRY_AGAIN_LATER, "too slow")

    def resume_writing(self) -> None:
        pass

    def eof_received(self) -> None:
        pass  # the transport closes by itself

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(self)
        self._endpoint.discard(self)
        if self._opening is not None:
            self._opening.cancel()
        if self._talk is not None:
            self._talk.closed()
        self._outbox.frames.clear()
        self._state = _State.LOST

    def abort(self) -> None:
        """Hang up without a word."""
        self._transport.abort()

    def sweep(self, now: float) -> None:
        """Look at the clock: pay off frames read, and end what takes too long."""
        limits = self._endpoint.limits
        if self._owed:
            self._owed = max(0, self._owed - int(limits.frames_per_second * limits.sweep_seconds))
            if self._paused and self._owed < limits.frames_per_second:
                self._paused = False
                self._transport.resume_reading()
        if self._active:
            self._active = False
            self._since = now
        spent = now - self._started
        if self._state is _State.OPEN:
            assert self._talk is not None
            if now - self._since > limits.idle_seconds:
                self.close(GOING_AWAY, "idle")
            elif not self._talk.joined and spent > limits.first_join_seconds:
                self.close(GOING_AWAY, "no topic was joined")
        elif spent > (
            limits.handshake_seconds if self._state is _State.SHAKING_HANDS else limits.closing_seconds
        ):
            self.abort()


_CONTROL = frozenset((Opcode.PING, Opcode.PONG, Opcode.CLOSE))
_WHOLE_TEXT = 0x81  # a frame's first byte: final, without extensions, text
_MASKED = 0x80  # in its second byte; below it is the length, or one of these
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_SHORTEST = 5  # bytes, of an empty frame less one


def _select_subprotocol(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return SUBPROTOCOL if SUBPROTOCOL in offered else None
