"""Which stretches of the ledger have reached an index, so that it knows what it does not know."""

MOST = 32  # stretches; a gap older than that is not going to be filled


class Coverage:
    """Stretches (first, last) of ledger positions, apart from each other, oldest first.

    Everything that happened after `first` and up to `last` has arrived.
    """

    def __init__(self) -> None:
        self.stretches: list[tuple[int, int]] = []

    def add(self, first: int, last: int) -> None:
        """One more stretch, joined with those it touches."""
        apart = []
        for stretch in self.stretches:
            if stretch[1] < first or last < stretch[0]:
                apart.append(stretch)
            else:
                first, last = min(first, stretch[0]), max(last, stretch[1])
        self.stretches = sorted([*apart, (first, last)])[-MOST:]

    def from_here(self, position: int) -> int | None:
        """The last position up to which everything after `position` has arrived."""
        for first, last in reversed(self.stretches):
            if first <= position <= last:
                return last
        return None

    @property
    def end(self) -> int:
        """The newest position of which anything has arrived."""
        return self.stretches[-1][1] if self.stretches else 0
