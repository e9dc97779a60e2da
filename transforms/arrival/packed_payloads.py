"""Packed payloads: bytes that may be gzip or zip in, the bytes inside them out, never more than a named limit.

What is packed is seen from its first bytes, not from its name. A small file can be unpacked into more than any memory
holds, so unpacking stops at `EXPANDED_BYTES_MAX` for all that is inside, whatever the archive says of its sizes.
Archives inside archives are refused: no partner needs them. Folders and hidden files in a zip are left out; names of
files are never used as paths.
"""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from transforms.arrival.limits import PAYLOAD_BYTES_MAX, DecodeError, excerpt

EXPANDED_BYTES_MAX = 2 * PAYLOAD_BYTES_MAX
ZIP_MEMBERS_MAX = 1_000
CHUNK_BYTES = 256 * 1024

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_AUTO_HEADER_BITS = 31  # zlib: a gzip header is expected

# What zipfile raises for damaged archives, and for methods and features that it does not know.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


def is_packed(payload: bytes) -> bool:
    """Whether the bytes are a gzip or zip file."""
    return payload.startswith((_GZIP, _ZIP))


def unpacked(payload: bytes) -> list[bytes]:
    """The files inside, in the order of their names; the payload itself if it is not packed. Raises `DecodeError`."""
    if payload.startswith(_GZIP):
        inside = [_gunzipped(payload)]
    elif payload.startswith(_ZIP):
        inside = list(_unzipped(payload))
    else:
        return [payload]
    if not inside:
        raise DecodeError("malformed_archive", "the zip file holds no file")
    if any(is_packed(one) for one in inside):
        raise DecodeError("malformed_archive", "an archive is inside an archive, expected plain files")
    return inside


def _gunzipped(payload: bytes) -> bytes:
    """All members of a gzip file put together."""
    parts: list[bytes] = []
    left = EXPANDED_BYTES_MAX
    rest = payload
    while rest.startswith(_GZIP):
        inflater = zlib.decompressobj(_AUTO_HEADER_BITS)
        try:
            part = inflater.decompress(rest, left + 1)
        except zlib.error as error:
            raise DecodeError("malformed_archive", f"the gzip file is damaged: {error}") from None
        left -= len(part)
        if left < 0:
            raise _too_large()
        if not inflater.eof:
            raise DecodeError("malformed_archive", "cut off: the gzip file ends before its data does")
        parts.append(part)
        rest = inflater.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _unzipped(payload: bytes) -> Iterator[bytes]:
    left = EXPANDED_BYTES_MAX
    try:
        with zipfile.ZipFile(BytesIO(payload)) as archive:
            members = archive.infolist()
            if len(members) > ZIP_MEMBERS_MAX:
                message = f"the zip file has {len(members)} members, expected at most {ZIP_MEMBERS_MAX}"
                raise DecodeError("too_large", message)
            for member in sorted(members, key=lambda member: member.filename):
                if member.is_dir() or any(part.startswith((".", "__")) for part in member.filename.split("/")):
                    continue
                content = _read(archive, member, left)
                left -= len(content)
                yield content
    except _ZIP_ERRORS as error:
        raise DecodeError("malformed_archive", f"the zip file is damaged or locked: {excerpt(str(error))}") from None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    """A member in chunks: what the archive says of its size is not believed."""
    if member.file_size > left:
        raise _too_large()
    parts: list[bytes] = []
    with archive.open(member) as handle:
        while part := handle.read(CHUNK_BYTES):
            left -= len(part)
            if left < 0:
                raise _too_large()
            parts.append(part)
    return b"".join(parts)


def _too_large() -> DecodeError:
    return DecodeError("too_large", f"unpacked it has more than {EXPANDED_BYTES_MAX} bytes, expected at most as many")
