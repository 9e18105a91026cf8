"""Watches faq.yaml and questions/, loads what changed beside the version in force, and swaps it in if it has no error."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from watchfiles import awatch

from intents.checks.shrunk import ContentSize, shrinkage
from intents.faq.files import has_questions_folder, main_file, question_paths, questions_folder
from intents.faq.problems import FAQError, Problem
from intents.faq.question_files import QUESTIONS_FOLDER, SUFFIX
from intents.knowledge import Knowledge
from intents.load import read_faq_files

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""The file's stamp is compared at least this often: events get lost on network drives and behind symlinks."""
SETTLE_SECONDS = 0.1
"""How long the file must stay unchanged before it is read, so that a half-written one rarely is."""
SETTLE_TIMEOUT_SECONDS = 1.0
"""After so long a file that is missing, or goes on changing, is read as it is."""
_DEBOUNCE_MS = 300

ReloadHook = Callable[["ReloadResult"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """The result of one attempt to load."""

    path: Path
    loaded: bool
    """Whether the file is in force now; if not, the version before it still is."""
    digest: str
    """The version in force after the attempt."""
    problems: tuple[Problem, ...] = ()
    """Everything that was found, warnings too."""
    crash: str | None = None
    """The name of an error of the program itself; None where there was none."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a load."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def lost(self) -> tuple[Problem, ...]:
        """What is gone since the version before, of a version that is in force now."""
        return tuple(problem for problem in self.problems if problem.code == "W-SHRUNK") if self.loaded else ()

    @property
    def summary(self) -> str:
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
    """Which version is in force, and why the file on disk isn't, if so."""

    digest: str
    last_error: str | None = None
    """Why the file on disk is not in force, in one line; None when it is."""


class Reloader:
    """Holds the version in force, and replaces it when the file changes and has no error."""

    def __init__(self, path: Path, knowledge: Knowledge) -> None:
        self.path = path
        self._stamp: _Stamp = ()  # unlike any stamp: the file may have changed while it was loaded
        self._current = knowledge
        self._status = ReloadStatus(knowledge.digest)
        self._last_tried: str | None = knowledge.digest
        self._lock = asyncio.Lock()
        self._hooks: list[ReloadHook] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def load(cls, path: Path) -> "Reloader":
        """Start from the file as it is; raises FAQError, because there is no earlier version to fall back on."""
        return cls(main_file(path), Knowledge.load(path))

    @property
    def current(self) -> Knowledge:
        """The version in force. Ask once a turn: a moment later it may be another one."""
        return self._current

    @property
    def status(self) -> ReloadStatus:
        """What `/readyz` and `/metrics` show."""
        return self._status

    def on_reload(self, hook: ReloadHook) -> None:
        """Call a hook with the result of every later attempt; a hook that fails or is slow delays nothing."""
        self._hooks.append(hook)

    async def reload(self) -> ReloadResult | None:
        """Load the file unless it is the version that was tried last, then None. Never raises an Exception."""
        async with self._lock:
            try:
                loaded = await asyncio.to_thread(_load_changed, self.path, self._last_tried)
            except Exception as error:  # noqa: BLE001 -- whatever goes wrong, the bot goes on with the version in force
                log.error("reload_crashed: %s", type(error).__name__)
                loaded = _LoadedFile(None, None, crash=type(error).__name__)
            if loaded is None:
                return None
            result = self._apply(loaded)
        for hook in self._hooks:
            self._start(_call(hook, result))
        return result

    def reload_soon(self) -> None:
        """Reload without waiting for it, for a signal handler; a version that was refused is tried again."""
        self._last_tried = None
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

    def _apply(self, loaded: "_LoadedFile") -> ReloadResult:
        """Put a good version in force, or note why it was refused."""
        self._last_tried = loaded.digest
        if loaded.knowledge is not None:
            before, new = self._current.faq, loaded.knowledge
            lost = shrinkage(ContentSize.of(before), ContentSize.of(new.faq), "换下来的那一版")
            self._current = new
            self._status = ReloadStatus(new.digest)
            return ReloadResult(self.path, loaded=True, digest=new.digest, problems=(*lost, *new.problems))
        digest = self._current.digest
        result = ReloadResult(self.path, loaded=False, digest=digest, problems=loaded.problems, crash=loaded.crash)
        self._status = ReloadStatus(digest, result.summary)
        return result

    async def _watch(self) -> None:
        async for changed in _folder_changes(self.path):
            stamp = _file_stamp(self.path)
            if changed or stamp != self._stamp:
                self._stamp = await _settled_stamp(self.path, stamp)
                await self.reload()

    async def _reload_quietly(self) -> None:
        await self.reload()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass(frozen=True, slots=True)
class _LoadedFile:
    """A version of the file that was read."""

    digest: str | None
    """None where reading it crashed, so that it is tried again."""
    knowledge: Knowledge | None
    """None where it has errors."""
    problems: tuple[Problem, ...] = ()
    """The errors, and the warnings beside them."""
    crash: str | None = None


def _load_changed(path: Path, last_tried: str | None) -> _LoadedFile | None:
    """Load the files unless they still are the version tried last; runs in a worker thread, so that answers go on."""
    digest: str | None = None
    try:
        files = read_faq_files(path)
        digest = files.digest
        if digest == last_tried:
            return None
        knowledge = Knowledge.from_files(files)
    except FAQError as error:
        digest = digest or _digest_of(error)
        return None if digest == last_tried else _LoadedFile(digest, None, error.problems)
    knowledge.matcher.warm()
    return _LoadedFile(digest, knowledge)


def _digest_of(error: FAQError) -> str:
    """What stands for a version that can't be read, so that it is told once."""
    return sha256(error.user_message.encode()).hexdigest()[:12]


async def _call(hook: ReloadHook, result: ReloadResult) -> None:
    try:
        await hook(result)
    except Exception as error:  # noqa: BLE001 -- a hook that fails must not stop the next reload
        log.error("reload_hook_failed: %s", type(error).__name__)


async def _folder_changes(path: Path) -> AsyncIterator[bool]:
    """Yields after every change beside the files, True if one of them may have changed; and at least every POLL_SECONDS."""
    while True:
        # Where there is no folder, or no inotify watch left (a RuntimeError of the library), the clock alone is used.
        with suppress(OSError, RuntimeError):
            folders = _folders(path)
            batches = awatch(
                *folders,
                watch_filter=None,
                recursive=False,
                debounce=_DEBOUNCE_MS,
                step=50,
                rust_timeout=int(POLL_SECONDS * 1000),
                yield_on_timeout=True,
            )
            async with aclosing(batches):
                async for changes in batches:
                    yield any(_is_ours(Path(changed), path) for _, changed in changes)
                    if _folders(path) != folders:
                        break  # questions/ came, went, or is another folder behind its link
        await asyncio.sleep(POLL_SECONDS)
        yield False


def _folders(path: Path) -> tuple[Path, ...]:
    """The folders to watch."""
    return (path.parent, questions_folder(path).resolve()) if has_questions_folder(path) else (path.parent,)


def _is_ours(changed: Path, path: Path) -> bool:
    return changed.name in {path.name, QUESTIONS_FOLDER} or changed.name.lower().endswith(SUFFIX)


async def _settled_stamp(path: Path, stamp: "_Stamp") -> "_Stamp":
    """Wait until the files have been there unchanged for SETTLE_SECONDS; their stamp then, or the last one after the timeout."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_TIMEOUT_SECONDS):
            while True:
                await asyncio.sleep(SETTLE_SECONDS)
                before, stamp = stamp, _file_stamp(path)
                if stamp == before and stamp is not None:
                    break
    return stamp


_Stamp = tuple[object, ...] | None


def _file_stamp(path: Path) -> _Stamp:
    """What changes when one of the files behind the path does; None where faq.yaml is missing."""
    try:
        files = [path, *question_paths(path)]
        return tuple((file.name, *_stat(file)) for file in files)
    except OSError:
        return None


def _stat(file: Path) -> tuple[int, ...]:
    found = file.stat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
