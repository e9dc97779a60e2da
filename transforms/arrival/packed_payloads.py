"""Packed payloads: bytes that may be gzip, zip or several parts in, what is inside out, never more than a named limit.

What is packed is seen from its first bytes, not from its name. A small file can be unpacked into more than any memory
holds, so unpacking stops at `EXPANDED_BYTES_MAX` for all that is inside, whatever the archive says of its sizes.
Archives inside archives are refused: no partner needs them. Folders and hidden files in a zip are left out; names of
files are never used as paths.

Several parts (RFC 2046) are told by a boundary with headers after it. Each part is a message of its own; what stands
before the first and after the last is nobody's. Parts in base64 are read, in any other transfer encoding refused.
"""

import base64
import binascii
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from transforms.arrival.limits import PAYLOAD_BYTES_MAX, DecodeError, excerpt

EXPANDED_BYTES_MAX = 2 * PAYLOAD_BYTES_MAX
MEMBERS_MAX = 1_000
GZIP_MEMBERS_MAX = 10_000
GZIP_PIECE_BYTES = 16 * 1024
CHUNK_BYTES = 256 * 1024

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"
_BOUNDARY = re.compile(rb"--[^\r\n]{1,72}\r?\n[Cc]ontent-")
_ENCODING = re.compile(rb"content-transfer-encoding: *([a-z0-9-]+)")
_AUTO_HEADER_BITS = 31  # zlib: a gzip header is expected

# What zipfile raises for damaged archives, and for methods and features that it does not know.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


def is_packed(payload: bytes) -> bool:
    """Whether the bytes are a gzip or zip file, or several parts."""
    return payload.startswith((_GZIP, _ZIP)) or (payload.startswith(b"--") and _BOUNDARY.match(payload) is not None)


def unpacked(payload: bytes) -> list[bytes]:
    """The files inside, in the order of their names; the payload itself if it is not packed. Raises `DecodeError`."""
    if payload.startswith(_GZIP):
        inside = [_gunzipped(payload)]
    elif payload.startswith(_ZIP):
        inside = list(_unzipped(payload))
    elif is_packed(payload):
        inside = _parts(payload)
    else:
        return [payload]
    if not inside:
        raise DecodeError("malformed_archive", "the archive holds no file")
    if any(is_packed(one) for one in inside):
        raise DecodeError("malformed_archive", "an archive is inside an archive, expected plain files")
    return inside


def _parts(payload: bytes) -> list[bytes]:
    boundary = payload[: payload.index(b"\n")].rstrip(b"\r ")
    pieces = payload.split(b"\n" + boundary, MEMBERS_MAX + 1)
    if len(pieces) > MEMBERS_MAX + 1:
        raise DecodeError("too_large", f"there are more than {MEMBERS_MAX} parts")
    if not pieces[-1].startswith(b"--") or len(pieces) == 1:
        raise DecodeError("malformed_archive", "cut off: the last part is not followed by the closing boundary")
    first = pieces[0][len(boundary) :]
    return [_part(piece) for piece in (first, *pieces[1:-1])]


def _part(piece: bytes) -> bytes:
    """What follows the headers of a part and their blank line."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := piece.find(mark)) >= 0]
    if not ends:
        raise DecodeError("malformed_archive", "a part has no blank line after its headers")
    headers, body = piece[: min(ends)].lower(), piece[min(ends) :].removesuffix(b"\r")
    encoding = _ENCODING.search(headers)
    if encoding is None or encoding[1] in (b"7bit", b"8bit", b"binary"):
        return body
    if encoding[1] != b"base64":
        raise DecodeError("malformed_archive", f"a part is in {encoding[1].decode()}, expected base64 or no encoding")
    try:
        return base64.b64decode(body)
    except binascii.Error as error:
        raise DecodeError("malformed_archive", f"a part is no base64: {error}") from None


def _gunzipped(payload: bytes) -> bytes:
    """All members of a gzip file put together; in small pieces, since each copies what is left of its piece."""
    parts: list[bytes] = []
    left, at = EXPANDED_BYTES_MAX, 0
    for _ in range(GZIP_MEMBERS_MAX):
        inflater = zlib.decompressobj(_AUTO_HEADER_BITS)
        while not inflater.eof:
            piece = payload[at : at + GZIP_PIECE_BYTES]
            if not piece:
                raise DecodeError("malformed_archive", "cut off: the gzip file ends before its data does")
            try:
                part = inflater.decompress(piece, left + 1)
            except zlib.error as error:
                raise DecodeError("malformed_archive", f"the gzip file is damaged: {error}") from None
            left -= len(part)
            if left < 0:
                raise _too_large()
            parts.append(part)
            at += len(piece) - len(inflater.unused_data)
        while payload[at : at + 1] == b"\0":
            at += 1
        if payload[at : at + 2] != _GZIP:
            return b"".join(parts)
    raise DecodeError("too_large", f"the gzip file has more than {GZIP_MEMBERS_MAX} members")


def _unzipped(payload: bytes) -> Iterator[bytes]:
    left = EXPANDED_BYTES_MAX
    entries = payload.count(_ZIP_ENTRY)  # before the directory is read, which makes an object of each
    if entries > MEMBERS_MAX:
        raise DecodeError("too_large", f"the zip file has {entries} members, expected at most {MEMBERS_MAX}")
    try:
        with zipfile.ZipFile(BytesIO(payload)) as archive:
            members = archive.infolist()
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
