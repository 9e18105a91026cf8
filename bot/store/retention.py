"""Deletes what has been kept long enough, again and again while the service runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from bot.store.errors import StoreError
from bot.store.store import Store

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0


@contextlib.asynccontextmanager
async def retention_sweeper(
    store: Store, retention_days: int, every_seconds: float = EVERY_SECONDS
) -> AsyncIterator[None]:
    """Delete what has expired at once and then at intervals, until the block is left."""
    task = asyncio.create_task(_sweep(store, retention_days, every_seconds))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _sweep(store: Store, retention_days: int, every_seconds: float) -> None:
    while True:
        try:
            rows = await store.delete_expired(retention_days)
        except StoreError as error:
            log.error("sweep_failed", reason=str(error))
        else:
            log.info("swept", rows=rows)
        await asyncio.sleep(every_seconds)
