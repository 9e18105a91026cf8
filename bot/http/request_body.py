"""Reading a request's body, within a size and a time."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""


async def read_body(request: Request, limit: int, seconds: float = BODY_SECONDS) -> bytes:
    """The body of at most `limit` bytes.

    Raises HTTPException: 413 as soon as it is known to be larger, before the rest is read; 408 when it takes longer
    than `seconds`; 400 when the other side goes away.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large()
    read = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                read += chunk
                if len(read) > limit:
                    raise _too_large()
    except TimeoutError:
        raise HTTPException(408, "消息没有传完，请检查网络后再发一次。", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400, "连接断了。") from None
    return bytes(read)


def _too_large() -> HTTPException:
    # No "Connection: close": the server then discards the rest, and a sender that is still at it gets to read this.
    return HTTPException(413, "这条消息太长了，请分几次发。")
