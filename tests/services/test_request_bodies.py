"""A body is read within limits of size and time; `test_gateway` shows it over real HTTP."""

import asyncio

import pytest
from starlette.requests import Request

from services.request_bodies import BodyError, read_body


def request(*chunks: bytes, length: str | None = None) -> Request:
    left = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    left.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, object]:
        return left.pop(0)

    headers = [(b"content-length", length.encode())] if length is not None else []
    return Request({"type": "http", "headers": headers}, receive)


def read(asked: Request, bytes_max: int = 10) -> bytes:
    return asyncio.run(read_body(asked, bytes_max, 1))


def test_a_body_is_put_together_from_its_chunks() -> None:
    assert read(request(b"12345", b"67890")) == b"1234567890"
    assert read(request()) == b""


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        (request(length="11"), 413, "11 bytes, expected at most 10"),
        (request(b"12345", b"678901"), 413, "more than 10 bytes"),
        (request(b"12345", b"678901", length="2"), 413, "more than 10 bytes"),
        (request(length="-1"), 400, "content-length is no number"),
    ],
)
def test_what_is_too_large_is_not_read(asked: Request, status: int, message: str) -> None:
    with pytest.raises(BodyError, match=message) as error:
        read(asked)
    assert error.value.status == status


def test_who_hangs_up_is_let_go() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    with pytest.raises(BodyError) as error:
        read(Request({"type": "http", "headers": []}, receive))
    assert error.value.status == 499


def test_who_is_slow_is_not_waited_for() -> None:
    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(BodyError, match=r"not whole after 0\.01 s") as error:
        asyncio.run(read_body(Request({"type": "http", "headers": []}, receive), 10, 0.01))
    assert error.value.status == 408
