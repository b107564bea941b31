"""Who is there: the people of one topic as Phoenix Presence tells it, by state and by difference."""

from collections.abc import Mapping
from itertools import count

import msgspec
from msgspec import Raw

from tallybook.kernel.ids import new_id

PhxRef = str

_encoder = msgspec.json.Encoder()
_counter = count()
_NODE = new_id().hex[-12:]  # so that no two processes give out the same reference


def _fresh() -> PhxRef:
    return f"{_NODE}.{next(_counter)}"


class Roster:
    """The people of one topic. What changed is told by `difference`; `state` is as of the last one told.

    So whoever is sent the state, and every difference after it, misses nothing and sees nothing twice.
    People who come and go between two differences are never told of. One key may be there several times
    (two devices of one player), each under a reference of its own, which begins with the process it
    lives in: what a vanished process told can be found and taken back.
    """

    def __init__(self) -> None:
        self._told: dict[PhxRef, tuple[str, Raw]] = {}
        self._joins: dict[PhxRef, tuple[str, Raw]] = {}
        self._leaves: dict[PhxRef, tuple[str, Raw]] = {}
        self._state: bytes | None = None

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._joins or self._leaves)

    def join(self, key: str, meta: bytes, ref: PhxRef | None = None) -> PhxRef:
        """Someone came; `meta` is the text of a JSON object, `ref` the reference given on another node."""
        ref = ref or _fresh()
        if self._leaves.pop(ref, None) is not None:
            return ref  # back before anybody was told of the leaving
        separator = b"" if meta[1:].strip() == b"}" else b","
        self._joins[ref] = key, Raw(b'{"phx_ref":"%b"%b%b' % (ref.encode(), separator, meta[1:]))
        return ref

    def __contains__(self, ref: PhxRef) -> bool:
        return ref in self._joins or (ref in self._told and ref not in self._leaves)

    def leave(self, ref: PhxRef) -> None:
        if self._joins.pop(ref, None) is None:
            self._leaves[ref] = self._told[ref]

    def difference(self) -> bytes:
        """The payload of `presence_diff`: what changed since the last one."""
        payload = _encoder.encode({"joins": _by_key(self._joins), "leaves": _by_key(self._leaves)})
        self._told.update(self._joins)
        for ref in self._leaves:
            del self._told[ref]
        self._joins, self._leaves, self._state = {}, {}, None
        return payload

    def state(self) -> bytes:
        """The payload of `presence_state`."""
        if self._state is None:
            self._state = _encoder.encode(_by_key(self._told))
        return self._state


def _by_key(people: Mapping[PhxRef, tuple[str, Raw]]) -> dict[str, dict[str, list[Raw]]]:
    grouped: dict[str, dict[str, list[Raw]]] = {}
    for key, meta in people.values():
        grouped.setdefault(key, {"metas": []})["metas"].append(meta)
    return grouped
