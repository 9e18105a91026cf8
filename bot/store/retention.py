"""Deletes what has been kept long enough; done again and again while the service runs (bot.jobs)."""

import structlog

from bot.store.errors import StoreError
from bot.store.store import Store

log = structlog.get_logger(__name__)

SWEEP = "sweep"
"""The job's name."""
EVERY_MINUTES = 60


async def sweep(store: Store, retention_days: int) -> None:
    """Delete what has expired; raises nothing: the next sweep is soon."""
    try:
        rows = await store.delete_expired(retention_days)
    except StoreError as error:
        log.error("sweep_failed", reason=str(error))
    else:
        log.info("swept", rows=rows)
