"""Pulls messages by sync_msg when a callback says that something came: a job for each account, over all pages.

Of several processes one pulls an account at a time, whichever heard the callback.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.errors import CALLBACK_TOKEN, GONE_CODES, APIError
from bot.channels.wecom.handlers import CLOCK_SECONDS
from bot.channels.wecom.intake import REPEAT, MessageIntake, Pulls
from bot.channels.wecom.keeping import CHANNEL
from bot.channels.wecom.messages import Page
from bot.channels.wx.api import Count
from bot.jobs.jobs import Job, Jobs, Payload
from bot.observe import traceback_locations
from bot.store.errors import StoreError
from bot.store.pulls import PulledPage

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 1.0
"""Seconds before a call is tried again; doubles up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 60.0
PULL: Final = "wecom_pull"
"""The job's name."""
HISTORY: Final = "history"
UNREADABLE: Final = "unreadable"


@dataclass
class AccountPuller:
    """Pulls one account's messages each time it is woken."""

    account: str
    """open_kfid; empty: all accounts that we may manage, where a callback doesn't say which."""
    api: WeComAPI
    intake: MessageIntake
    pulls: Pulls
    count: Count
    first_pause: float = FIRST_PAUSE
    several: bool = False
    """Whether other processes pull too: without the store nothing is pulled then, for nobody would know who has answered."""
    problem: str | None = None
    """What is wrong while WeCom refuses."""
    _woken: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _token: str = field(default="", repr=False)
    _since: float = float("inf")
    """On an account that was never pulled, what was sent before then is history."""
    _cursor: str | None = None
    """As it was last read or kept."""

    def wake(self, token: str, created: float) -> None:
        """Something came.

        Args:
            token: what the callback brought, empty for none.
            created: when, in seconds since 1970; the message that it is about isn't older but for CLOCK_SECONDS.
        """
        self._token = token or self._token
        self._since = min(self._since, created - CLOCK_SECONDS)
        self._woken.set()

    async def run(self) -> None:
        """Pull until the store knows of all that came."""
        while True:
            self._woken.clear()
            try:
                kept = await self._pull()
            except APIError as error:
                self.count(str(error))
                log.error("wecom_account_gone", kind=str(error), remedy=error.remedy)
                return
            except Exception as error:  # noqa: BLE001 -- whatever it is, the next callback must be heard
                self.count(type(error).__name__)
                log.error("pull_failed", error=type(error).__name__, at=traceback_locations(error))
                return
            if kept:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.first_pause):
                    await self._woken.wait()

    async def _pull(self) -> bool:
        """Pull all pages; whether the store knows of all. Raises APIError where the account is gone.

        The first time, what was there before us is passed over. The cursor is then kept at the end only: a crash on the way
        would else have the rest of it answered.
        """
        keep = True
        try:
            self._cursor = await self.pulls.cursor(CHANNEL, self.account)
        except StoreError as error:
            # At the start as the first time ever, so that only what is new is answered; the rest when the cursor can be read.
            log.error("cursor_not_read", reason=str(error))
            keep = False
            if self.several:
                return False
        first = self._cursor is None
        cursor, more, all_kept = self._cursor or "", True, True
        while more:
            page = await self._page(cursor)
            more = page.has_more and bool(page.messages or page.next_cursor != cursor)
            next_cursor = None if first and more else page.next_cursor or cursor
            kept = await self._take(page, cursor, next_cursor, since=self._since if first else None, keep=keep)
            if kept and next_cursor is not None:
                self._cursor = next_cursor
            all_kept = all_kept and kept
            if self.several and not kept:
                return False
            cursor = page.next_cursor or cursor
        return all_kept

    async def _take(self, page: Page, cursor: str, next_cursor: str | None, *, since: float | None, keep: bool) -> bool:
        """Hand a page to the intake, without what was sent before `since` (seconds since 1970)."""
        named = {each.key: each for each in page.messages}
        fresh = {key: each for key, each in named.items() if since is None or each.sent_at >= since}
        skipped = named.keys() - fresh.keys()
        counts = {HISTORY: len(skipped), REPEAT: len(page.messages) - len(named), UNREADABLE: page.unreadable}
        for kind, number in counts.items():
            for _ in range(number):
                self.count(kind)
        if page.unreadable:
            log.warning("wecom_message_unreadable", messages=page.unreadable)
        work = {key: message.kind for key, message in fresh.items()}
        return await self.intake.take(PulledPage(self.account, cursor, next_cursor, work, skipped), fresh, keep=keep)

    async def _page(self, cursor: str) -> Page:
        """The page behind a cursor, tried again until WeCom gives it; raises APIError where the account is gone."""
        pause = self.first_pause
        while True:
            token = self._token
            try:
                page = await self.api.sync(self.account, cursor, token)
            except APIError as error:
                if error.code in GONE_CODES:
                    raise
                self.count(str(error))
                if error.code == CALLBACK_TOKEN and token:
                    self._token = "" if self._token == token else self._token
                    continue
                if error.remedy != self.problem:
                    self.problem = error.remedy
                    log.warning("wecom_not_pulled", kind=str(error), remedy=error.remedy, again_in=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self.problem = None
                return page


@dataclass
class Syncer:
    """The pullers of all accounts, woken by jobs."""

    api: WeComAPI
    intake: MessageIntake
    pulls: Pulls
    count: Count
    jobs: Jobs
    clock: Callable[[], float] = time.time
    first_pause: float = FIRST_PAUSE
    several: bool = False
    _pullers: dict[str, AccountPuller] = field(default_factory=dict, repr=False)
    _deferring: set[asyncio.Task[None]] = field(default_factory=set, repr=False)
    _stopped: bool = False

    def __post_init__(self) -> None:
        self.jobs.handle(PULL, self._pull)

    def wake(self, account: str, token: str = "", created: float = 0.0) -> None:  # nosec B107
        """Have an account pulled, once more where it is being pulled right now."""
        if self._stopped:
            return
        job = Job(PULL, account, {"account": account, "token": token, "created": str(created or self.clock())})
        task = asyncio.create_task(self._defer(job))
        self._deferring.add(task)
        task.add_done_callback(self._deferring.discard)

    async def stop(self) -> None:
        """Pull no more: the jobs are stopped by whoever runs them."""
        self._stopped = True
        for task in self._deferring:
            task.cancel()
        if self._deferring:
            await asyncio.wait({*self._deferring})

    async def _defer(self, job: Job) -> None:
        """Have it done, as soon as the database is there."""
        pause = self.first_pause
        while True:
            try:
                await self.jobs.defer(job)
            except StoreError as error:
                log.error("pull_not_deferred", reason=str(error))
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _pull(self, payload: Payload) -> None:
        account = payload["account"]
        if account not in self._pullers:
            self._pullers[account] = AccountPuller(
                account, self.api, self.intake, self.pulls, self.count, self.first_pause, self.several
            )
        self._pullers[account].wake(payload["token"], float(payload["created"]))
        await self._pullers[account].run()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that have been pulled since the start."""
        return tuple(account for account in self._pullers if account)

    @property
    def problem(self) -> str | None:
        """What is wrong where WeCom refuses to give messages."""
        return next((puller.problem for puller in self._pullers.values() if puller.problem is not None), None)
