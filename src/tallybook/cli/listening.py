"""Sockets bound before a server starts, so that an address that cannot be had is told in one line."""

import socket
from collections.abc import Callable, Sequence
from typing import TypeVar

from tallybook.cli.app import fail

T = TypeVar("T")


def bound(how: Callable[[str, int], T], host: str, port: int) -> T:
    """What `how` binds to an address; ends the command where that is not to be had."""
    try:
        return how(host, port)
    except OSError as error:
        raise fail(
            f"cannot listen on port {port} of {host}: {error.strerror}; "
            "end what is there, or choose another address with --host and --port"
        ) from None


def alone(host: str, port: int) -> Sequence[socket.socket]:
    """A socket for each address that a host has, for one process. They take no connection yet."""
    sockets: list[socket.socket] = []
    found = _addresses(host, port)
    for family, kind, protocol, address in found:
        try:
            sockets.append(socket.socket(family, kind, protocol))
        except OSError:  # a system without IPv6 may still know the name of an address
            if len(found) == 1:
                raise
            continue
        if family == socket.AF_INET6:  # else it would take the IPv4 address, too
            sockets[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _bind(sockets[-1], address)
    return sockets


def reserve(host: str, port: int) -> socket.socket:
    """A socket as of `listener`, but `OSError` when somebody else listens there."""
    family, kind, protocol, address = _addresses(host, port)[0]
    with socket.socket(family, kind, protocol) as probe:
        _bind(probe, address)
    return listener(host, port)


def listener(host: str, port: int) -> socket.socket:
    """A socket bound to an address that other processes of this user may be bound to as well.

    Linux spreads new connections over all that listen; elsewhere one of them may get most.
    """
    family, kind, protocol, address = _addresses(host, port)[0]
    shared = socket.socket(family, kind, protocol)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    _bind(shared, address)
    return shared


def _addresses(host: str, port: int) -> Sequence[tuple[int, int, int, tuple[object, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]


def _bind(to: socket.socket, address: tuple[object, ...]) -> None:
    to.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    to.bind(address)
