"""How the ledger turns a session's stream into a `Session`, one by one, in bulk, and from snapshots."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from tallybook.kernel.events import Recorded
from tallybook.rules.protocol import Happened
from tallybook.sessions.session import Session, evolve, is_platform

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Session | None)


class SessionFold:
    """The ledger's `Fold` of a session's stream; the state is None before its first event."""

    kind: Literal["session"] = "session"
    concerns = ""
    name = "session"
    version = 2

    def initial(self) -> Session | None:
        return None

    def evolve(self, state: Session | None, recorded: Recorded) -> Session | None:
        return evolve(state, recorded)

    def fold(self, state: Session | None, events: Sequence[Recorded]) -> Session | None:
        """The same as evolving one by one; runs of play go to the plug-in in one piece."""
        run: list[Happened] = []
        for recorded in events:
            event = recorded.event
            if is_platform(event):
                state = evolve(_played(state, run), recorded)
                run = []
            else:
                run.append((event, recorded.actor, recorded.index))
        return _played(state, run)

    def dump(self, state: Session | None) -> bytes:
        if state is not None and state.rules_state is not None:
            state = replace(state, rules_state=state.plugin.dump(state.rules_state))
        return _encoder.encode(state)

    def load(self, data: bytes) -> Session | None:
        state: Session | None = _decoder.decode(data)
        if state is not None and state.rules_state is not None:
            state = replace(state, rules_state=state.plugin.load(state.rules_state))
        return state


def _played(state: Session | None, run: list[Happened]) -> Session | None:
    if not run:
        return state
    assert state is not None, "a session begins with session_created"
    return replace(state, rules_state=state.plugin.fold(state.rules_state, run))
