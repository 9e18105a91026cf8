"""Watch faq.yaml, load it aside, check it, swap it in at once, and keep the last good one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from watchfiles import awatch

from intents.faq.problems import FAQError, Problem
from intents.knowledge import Knowledge

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""The file's stamp is compared at least this often: events get lost on network drives and behind symlinks."""
SETTLE_SECONDS = 0.1
"""How long the file must hold still before it is read, so that a half-written one rarely is."""
SETTLE_AT_MOST_SECONDS = 1.0
"""How long a file that is missing, or won't hold still, is waited for."""
_DEBOUNCE_MS = 300

Hook = Callable[["ReloadResult"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What came of one attempt to load."""

    path: Path
    loaded: bool
    """The file is now in force; False: the version before it still is."""
    digest: str
    """The version in force after the attempt."""
    at: datetime
    """UTC."""
    problems: tuple[Problem, ...] = ()
    """Everything that was found, warnings too."""
    crash: str | None = None
    """The name of an error of the program itself; None in any other case."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a load."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def line(self) -> str:
        """One Chinese line for admins, `/readyz` and the log; names the file without its folder."""
        name = self.path.name
        if self.loaded:
            warnings = len(self.problems)
            return f"{name} 已载入，版本 {self.digest}" + (f"，有 {warnings} 条警告" if warnings else "")
        if self.crash is not None:
            why = f"检查时程序自己出了错（{self.crash}），请把这个文件交给开发者"
        else:
            more = f"（共 {len(self.errors)} 处错误）" if len(self.errors) > 1 else ""
            why = self.errors[0].line_for(name) + more
        return f"{name} 没有载入，仍用版本 {self.digest}：{why}"


@dataclass(frozen=True, slots=True)
class ReloadStatus:
    """What is in force, and what is wrong with the file if it isn't that."""

    digest: str
    loaded_at: datetime
    """UTC."""
    last_error: str | None = None
    """Why the file on disk is not what is in force, in one line; None when it is."""
    failed_at: datetime | None = None
    """UTC; None when there is no error."""
    reloads: int = 0
    """How often a new version was put in force since the start."""
    failures: int = 0
    """How often a version was refused since the start."""


class Reloader:
    """Holds the knowledge in force, and replaces it when the file changes for the better."""

    def __init__(self, path: Path, knowledge: Knowledge) -> None:
        self.path = path
        self._stamp: _Stamp = ()  # unlike any: the first look compares, in case the file changed while it was loaded
        self._current = knowledge
        self._status = ReloadStatus(knowledge.digest, _now())
        self._tried: str | None = knowledge.digest
        self._one_at_a_time = asyncio.Lock()
        self._hooks: list[Hook] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def load(cls, path: Path) -> "Reloader":
        """Start from the file as it is; raises FAQError, for there is no last good version yet."""
        return cls(path, Knowledge.load(path))

    @property
    def current(self) -> Knowledge:
        """The knowledge in force. Ask once a turn: the next one may get another."""
        return self._current

    @property
    def status(self) -> ReloadStatus:
        """What `/readyz` and `/metrics` tell."""
        return self._status

    def on_outcome(self, hook: Hook) -> None:
        """Have every later outcome told to this hook; a hook that fails or is slow holds up nothing."""
        self._hooks.append(hook)

    async def reload(self) -> ReloadResult | None:
        """Load the file if it says something new; None when it is what was tried last. Never raises an Exception."""
        async with self._one_at_a_time:
            try:
                attempt = await asyncio.to_thread(_attempt, self.path, self._tried)
            except Exception as error:  # noqa: BLE001 -- whatever the check trips over, the bot goes on with what it has
                log.error("reload_crashed: %s", type(error).__name__)
                attempt = _Attempt(None, None, crash=type(error).__name__)
            if attempt is None:
                return None
            outcome = self._settle_on(attempt)
        for hook in self._hooks:
            self._start(_tell(hook, outcome))
        return outcome

    def reload_soon(self) -> None:
        """Reload without waiting for it: for a signal handler. A version that was refused is tried again."""
        self._tried = None
        self._start(self._reload_quietly())

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Reload whenever the file changes, for as long as the block runs."""
        self._start(self._watch())
        await asyncio.sleep(0)  # the task runs up to its first wait: from here on no event is missed
        try:
            yield
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _settle_on(self, attempt: "_Attempt") -> ReloadResult:
        self._tried = attempt.digest
        now, before = _now(), self._status
        if attempt.knowledge is not None:
            self._current = attempt.knowledge
            digest, problems = attempt.knowledge.digest, attempt.knowledge.problems
            self._status = ReloadStatus(digest, now, reloads=before.reloads + 1, failures=before.failures)
            return ReloadResult(self.path, loaded=True, digest=digest, at=now, problems=problems)
        outcome = ReloadResult(
            self.path, loaded=False, digest=before.digest, at=now, problems=attempt.problems, crash=attempt.crash
        )
        self._status = replace(before, last_error=outcome.line, failed_at=now, failures=before.failures + 1)
        return outcome

    async def _watch(self) -> None:
        async for touched in _looks(self.path):
            stamp = _stamp(self.path)
            if touched or stamp != self._stamp:
                self._stamp = await _held_still(self.path, stamp)
                await self.reload()

    async def _reload_quietly(self) -> None:
        await self.reload()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass(frozen=True, slots=True)
class _Attempt:
    digest: str | None
    knowledge: Knowledge | None
    problems: tuple[Problem, ...] = ()
    crash: str | None = None


def _attempt(path: Path, tried: str | None) -> _Attempt | None:
    """Read, compare, check and index; runs in a worker thread, so that answers go on meanwhile."""
    try:
        digest = sha256(path.read_bytes()).hexdigest()[:12]
    except OSError as error:
        digest = f"{type(error).__name__}"
    if digest == tried:
        return None
    try:
        knowledge = Knowledge.load(path)
    except FAQError as error:
        return _Attempt(digest, None, error.problems)
    knowledge.matcher.warm()
    return _Attempt(digest, knowledge)


async def _tell(hook: Hook, outcome: ReloadResult) -> None:
    try:
        await hook(outcome)
    except Exception as error:  # noqa: BLE001 -- a messenger that fails must not stop the next reload
        log.error("reload_hook_failed: %s", type(error).__name__)


async def _looks(path: Path) -> AsyncIterator[bool]:
    """Yields when something happened in the folder, True if to the file itself; and at least every LOOK_SECONDS."""
    while True:
        # No folder, or no inotify watch left (the library's own error is a RuntimeError): look by the clock.
        with suppress(OSError, RuntimeError):
            async for changes in awatch(
                path.parent,
                watch_filter=None,
                recursive=False,
                debounce=_DEBOUNCE_MS,
                step=50,
                rust_timeout=int(LOOK_SECONDS * 1000),
                yield_on_timeout=True,
            ):
                yield any(Path(changed).name == path.name for _, changed in changes)
        await asyncio.sleep(LOOK_SECONDS)
        yield False


async def _held_still(path: Path, stamp: "_Stamp") -> "_Stamp":
    """The stamp once the file is there and has not changed for SETTLE_SECONDS, or as it is in the end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_AT_MOST_SECONDS):
            while True:
                await asyncio.sleep(SETTLE_SECONDS)
                before, stamp = stamp, _stamp(path)
                if stamp == before and stamp is not None:
                    break
    return stamp


_Stamp = tuple[int, ...] | None


def _stamp(path: Path) -> _Stamp:
    """What changes when the file behind the path does; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _now() -> datetime:
    return datetime.now(UTC)
