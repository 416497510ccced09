"""The Merkle tree over a batch (RFC 6962, section 2.1), and the path from one leaf to its root."""

import hashlib


class Tree:
    """Leaves and nodes hash under different first bytes, so none can pass for the other."""

    def __init__(self, leaves: list[bytes]) -> None:
        self._levels = [[hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        top = self._levels[-1]
        return top[0] if top else hashlib.sha256(b"").digest()

    def path(self, index: int) -> list[bytes]:
        """The hashes beside the way up, lowest first: 16 of them for 50,000 leaves."""
        found = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                found.append(level[index ^ 1])
            index //= 2
        return found


def _above(level: list[bytes]) -> list[bytes]:
    # `strict` would refuse the odd one, which goes up as it is.
    pairs = zip(level[::2], level[1::2], strict=False)
    paired = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
    return paired + level[len(paired) * 2 :]


def merkle_root(leaves: list[bytes]) -> bytes:
    return Tree(leaves).root
