"""Carried: large tables that are the same everywhere, packed once for all steps that hold them, and once in a process.

Beam pickles every step with all that it holds, and every worker makes it anew: of 100,000 items that took seconds and
a hundred megabytes for each step.
"""

import lzma
from hashlib import blake2b
from typing import Any, Self
from weakref import WeakValueDictionary

from schemas.encoding import pack, unpack

_FASTEST = 0  # of lzma's levels: still a sixth of what zlib leaves, all of which Beam compresses again with every step
_here: "WeakValueDictionary[bytes, Any]" = WeakValueDictionary()


class Carried:
    """Base of immutable classes: a copy in the same process is the thing itself."""

    __slots__ = ("__weakref__", "_packed")

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, (type(self), self.packed())

    def packed(self) -> bytes:
        """All fields as bytes, made when they are first asked for."""
        packed: bytes | None = getattr(self, "_packed", None)
        if packed is None:
            packed = lzma.compress(pack(self.plain()), preset=_FASTEST)
            self._remember(packed)
        return packed

    def plain(self) -> Any:
        """All that it holds as `encoding.pack` takes it."""
        raise NotImplementedError

    @classmethod
    def made_of(cls, plain: Any) -> Self:
        """The reverse of `plain`, of what `encoding.unpack` gives."""
        raise NotImplementedError

    def _remember(self, packed: bytes) -> Self:
        object.__setattr__(self, "_packed", packed)
        return _here.setdefault(_name_of(type(self), packed), self)  # type: ignore[no-any-return]


def _unpacked(kind: type[Any], packed: bytes) -> Any:
    known = _here.get(_name_of(kind, packed))
    if known is not None:
        return known
    made = kind.made_of(unpack(lzma.decompress(packed)))
    return made._remember(packed)  # noqa: SLF001 - of this module's own class


def _name_of(kind: type[Any], packed: bytes) -> bytes:
    return blake2b(packed, person=kind.__name__.encode()[:16]).digest()
