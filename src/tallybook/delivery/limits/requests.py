"""Who draws from which bucket: people, administrators, game servers, and addresses without a token."""

import asyncio
from collections import Counter
from ipaddress import IPv6Address

import msgspec

from tallybook.access.actor import ADMIN
from tallybook.accounts.api_keys import Bearer
from tallybook.accounts.tokens import Claims
from tallybook.bus.bus import Bus
from tallybook.delivery.limits.buckets import Buckets, Standing
from tallybook.kernel.clock import Clock

TELL_EVERY = 0.1  # seconds; what other nodes hear of a caller is at most that old
WIDER = 10  # as many requests without a token from one address as for one person: a whole club may sit there
TOPIC = "limits"

_Told = list[tuple[str, bytes, int]]
_decode = msgspec.msgpack.Decoder(_Told).decode


class RequestLimits:
    """Counts requests on this node, and hears from the others what they counted.

    Every node decides by itself at once. What a caller does on several nodes within `TELL_EVERY` may go
    over the limit; it is charged nevertheless, so the caller waits the longer afterwards.
    """

    def __init__(self, *, people: str, admins: str, keys: str, clock: Clock, bus: Bus) -> None:
        count, _, period = people.partition("/")
        rates = {"person": people, "admin": admins, "key": keys, "address": f"{WIDER * int(count)}/{period}"}
        self._buckets = {kind: Buckets(rate, clock) for kind, rate in rates.items()}
        self._bus = bus
        self._untold: Counter[tuple[str, bytes]] = Counter()
        bus.subscribe(TOPIC, self._hear)

    def person(self, claims: Claims) -> Standing:
        return self._take("admin" if ADMIN in claims.roles else "person", claims.player_id.bytes)

    def key(self, bearer: Bearer) -> Standing:
        return self._take("key", bearer.key_id.bytes)

    def address(self, host: str) -> Standing:
        return self._take("address", _network(host))

    def _take(self, kind: str, key: bytes) -> Standing:
        standing = self._buckets[kind].take(key)
        if self._bus.spans and not standing.retry_after:
            if not self._untold:
                asyncio.get_running_loop().call_later(TELL_EVERY, self._tell)
            self._untold[kind, key] += 1
        return standing

    def _tell(self) -> None:
        told: _Told = [(kind, key, count) for (kind, key), count in self._untold.items()]
        self._untold.clear()
        self._bus.publish(TOPIC, msgspec.msgpack.encode(told))

    def _hear(self, _sender: str, message: bytes) -> None:
        for kind, key, count in _decode(message):
            if kind in self._buckets:  # else a newer release knows more kinds
                self._buckets[kind].taken(key, count)


def _network(host: str) -> bytes:
    """Who shares a bucket: an IPv4 address, or the IPv6 network that one household or server is given."""
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:
        return host.encode()
    return address.packed[:8] if address.ipv4_mapped is None else str(address.ipv4_mapped).encode()
