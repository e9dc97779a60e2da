"""Packed payloads: what is inside comes out, and never more of it than the limit."""

import gzip
import zipfile
from io import BytesIO

import pytest

from transforms.arrival import packed_payloads
from transforms.arrival.format_table import decode
from transforms.arrival.limits import DecodeError
from transforms.arrival.packed_payloads import unpacked


def zipped(**members: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


PARTS = (
    b'--b1\r\nContent-Type: application/json\r\n\r\n{"n": 1}\r\n--b1\r\nContent-Type: application/json\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\neyJuIjogMn0=\r\n--b1--\r\n"
)


@pytest.mark.parametrize(
    ("story", "payload", "expected"),
    [
        ("plain", b"a,b\n1,2\n", [b"a,b\n1,2\n"]),
        ("gzip", gzip.compress(b"a"), [b"a"]),
        ("gzip in two members", gzip.compress(b"a") + gzip.compress(b"b"), [b"ab"]),
        ("gzip padded", gzip.compress(b"a") + b"\0" * 10, [b"a"]),
        ("zip, by name", zipped(b=b"2", a=b"1"), [b"1", b"2"]),
        ("several parts", PARTS, [b'{"n": 1}', b'{"n": 2}']),
        ("parts with line ends of Unix", PARTS.replace(b"\r\n", b"\n"), [b'{"n": 1}', b'{"n": 2}']),
        ("a CSV that starts with hyphens", b"--x,y\n1,2\n", [b"--x,y\n1,2\n"]),
        ("without what a desktop added", zipped(**{"a": b"1", "__MACOSX/._a": b"x", ".DS_Store": b"y"}), [b"1"]),
    ],
)
def test_unpacked(story: str, payload: bytes, expected: list[bytes]) -> None:
    assert unpacked(payload) == expected


@pytest.mark.parametrize(
    ("story", "payload", "reason", "message"),
    [
        ("cut off", gzip.compress(b"a" * 99)[:-9], "malformed_archive", "cut off: the gzip file ends before its data"),
        ("damaged", gzip.compress(b"abc")[:-8] + b"\1" * 8, "malformed_archive", "the gzip file is damaged: "),
        ("a zip cut off", zipped(a=b"1")[:-9], "malformed_archive", "the zip file is damaged or locked: "),
        ("an empty zip", zipped(**{"d/": b""}), "malformed_archive", "the archive holds no file"),
        ("parts cut off", PARTS[:-7], "malformed_archive", "cut off: the last part is not followed by the closing"),
        (
            "a part without headers' end",
            PARTS.replace(b"\r\n\r\n", b"\r\n"),
            "malformed_archive",
            "a part has no blank",
        ),
        ("parts in another encoding", PARTS.replace(b"base64", b"x-uue"), "malformed_archive", "a part is in x-uue,"),
        ("gzip in gzip", gzip.compress(gzip.compress(b"a")), "malformed_archive", "an archive is inside an archive"),
        ("zip in zip", zipped(a=zipped(a=b"1")), "malformed_archive", "an archive is inside an archive"),
    ],
)
def test_refused(story: str, payload: bytes, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        unpacked(payload)
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


@pytest.mark.parametrize("payload", [gzip.compress(b"0" * 2000), zipped(a=b"0" * 600, b=b"0" * 600)], ids=["gz", "zip"])
def test_a_bomb_stops_at_the_limit(payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_payloads, "EXPANDED_BYTES_MAX", 1000)
    with pytest.raises(DecodeError, match="unpacked it has more than 1000 bytes") as refused:
        unpacked(payload)
    assert refused.value.reason == "too_large"


def test_a_size_that_lies_is_not_believed() -> None:
    payload = zipped(a=b"0" * 600)
    lying = payload.replace((600).to_bytes(4, "little"), (1).to_bytes(4, "little"))
    assert lying != payload
    with pytest.raises(DecodeError) as refused:
        unpacked(lying)
    assert refused.value.reason == "malformed_archive"


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_payloads, "MEMBERS_MAX", 1)
    with pytest.raises(DecodeError, match="the zip file has 2 members, expected at most 1"):
        unpacked(zipped(a=b"1", b=b"2"))


def test_every_format_may_come_packed() -> None:
    assert decode("csv", gzip.compress(b"a\n1\n")) == [{"rows": [{"#line": 2, "a": "1"}]}]
    assert decode("json", zipped(x=b'{"n": 1}', y=b'{"n": 2}')) == [{"n": 1}, {"n": 2}]


def test_too_many_parts_or_gzip_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_payloads, "MEMBERS_MAX", 1)
    monkeypatch.setattr(packed_payloads, "GZIP_MEMBERS_MAX", 2)
    with pytest.raises(DecodeError, match="there are more than 1 parts"):
        unpacked(PARTS)
    with pytest.raises(DecodeError, match="the gzip file has more than 2 members"):
        unpacked(gzip.compress(b"a") * 3)


def test_a_gzip_file_of_many_members_and_pieces_is_whole() -> None:
    first, second = bytes(range(256)) * 300, b"0" * 100_000
    assert unpacked(gzip.compress(first) + b"\0" * 5 + gzip.compress(second)) == [first + second]
