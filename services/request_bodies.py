"""Request bodies: a request in, its bytes out, or the refusal of one that is too large or too slow."""

import asyncio

from starlette.requests import ClientDisconnect, Request

TOO_LARGE, TOO_SLOW, GONE, BAD_LENGTH = 413, 408, 499, 400


class BodyError(Exception):
    """A body that is not read to its end: the status to answer with, and why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, bytes_max: int, seconds_max: float) -> bytes:
    """The body, never holding more than one chunk above the limit; `BodyError` where there is none to be had."""
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()):
        raise BodyError(BAD_LENGTH, "content-length is no number")
    if int(declared) > bytes_max:
        raise BodyError(TOO_LARGE, f"{declared} bytes, expected at most {bytes_max}")
    try:
        async with asyncio.timeout(seconds_max):
            return await _read(request, bytes_max)
    except TimeoutError:
        raise BodyError(TOO_SLOW, f"not whole after {seconds_max} s") from None
    except ClientDisconnect:
        raise BodyError(GONE, "the sender hung up") from None


async def _read(request: Request, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise BodyError(TOO_LARGE, f"more than {bytes_max} bytes")
        parts.append(chunk)
    return b"".join(parts)
