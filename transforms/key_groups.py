"""Key groups: how many things are to be spread over workers of Flink in, numbers for them whose keys lie evenly out.

Flink hashes a key into one of 128 groups and gives each worker a range of groups. A hundred keys lie evenly enough; a
few lie there as luck has it, always the same way:

    keys 0 to 15                    10 of them with the first of two workers, 6 with the second
    spread_numbers(16, as_varint)    8 and 8; 4 each of four workers

Source: `KeyGroupRangeAssignment` and `MathUtils.murmurHash` of Flink 1.19, of a key as bytes (`ByteBuffer.hashCode`).
"""

from collections.abc import Callable
from itertools import count as count_up

GROUPS = 128  # of a job of up to 85 workers
_WORD = 2**32 - 1


def group_of(key: bytes) -> int:
    """The group of an encoded key."""
    word = _mixed(_hash_of(key))
    signed = word - 2**32 if word >> 31 else word
    return abs(signed) % GROUPS


def spread_numbers(count: int, encode: Callable[[int], bytes]) -> tuple[int, ...]:
    """For each of `count` equal ranges of groups the smallest number whose encoding falls into it.

    Of more things than groups each has its own number: so many lie evenly enough.
    """
    if count > GROUPS:
        return tuple(range(count))
    found: dict[int, int] = {}
    for number in count_up():
        found.setdefault(group_of(encode(number)) * count // GROUPS, number)
        if len(found) == count:
            break
    return tuple(found[place] for place in range(count))


def as_varint(number: int) -> bytes:
    """A whole number as Beam encodes it: seven bits in each byte, lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*encoded, number))


def _hash_of(key: bytes) -> int:
    word = 1
    for byte in reversed(key):
        word = 31 * word + (byte - 256 if byte > 127 else byte) & _WORD
    return word


def _mixed(word: int) -> int:
    word = _turned(word * 0xCC9E2D51 & _WORD, 15) * 0x1B873593 & _WORD
    word = _turned(word, 13) * 5 + 0xE6546B64 & _WORD
    word ^= 4
    word = (word ^ word >> 16) * 0x85EBCA6B & _WORD
    word = (word ^ word >> 13) * 0xC2B2AE35 & _WORD
    return word ^ word >> 16


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _WORD
