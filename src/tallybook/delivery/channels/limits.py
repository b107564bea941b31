"""How much one socket may ask of the server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one socket: sizes in bytes, times in seconds, checked once every `sweep_seconds`."""

    message_bytes: int = 64 * 1024  # put together from its fragments; more closes with 1009
    unsent_bytes: int = 1024 * 1024  # waiting for a slow reader; more closes with 1013
    topics: int = 100  # joined or joining; more are refused
    waiting_messages: int = 100  # for topics whose joins are under way; more are refused
    frames_per_second: int = 1000  # more are left unread until later
    handshake_seconds: float = 10.0  # to find out who connects
    first_join_seconds: float = 30.0  # from the handshake; a socket that joins nothing is closed
    join_seconds: float = 10.0  # for the games' side to answer a join
    idle_seconds: float = 120.0  # without a frame from the client; background tabs slow their heartbeats
    closing_seconds: float = 5.0  # for the client to take the close frame and hang up
    ping_seconds: float = 25.0  # between pings to Socket.IO clients; those of Channels beat by themselves
    pong_seconds: float = 20.0  # for the answer to one
    sweep_seconds: float = 1.0
