"""Changes of the FAQ file while the bot runs: each kind of save, each kind of accident."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

from intents.faq.problems import FAQError
from intents.knowledge import Knowledge
from intents.reload import Reloader, ReloadResult
from tests.faqs import faq_text, intent
from tests.mistakes import GOOD, Mistake
from tests.waiting import steps

DEADLINE_SECONDS = 40
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"])


@cache
def version(name: str) -> str:
    """A FAQ whose first intent has this id."""
    return faq_text([intent(name, ["催收会上门吗", "会不会来我家", "有人来敲门要钱"]), LAWSUIT])


class Results:
    """Collects the results of reloads, and lets a test wait for one that fits."""

    def __init__(self) -> None:
        self.all: list[ReloadResult] = []
        self._news = asyncio.Condition()

    async def __call__(self, result: ReloadResult) -> None:
        async with self._news:
            self.all.append(result)
            self._news.notify_all()

    async def until(self, fits: Callable[[ReloadResult], bool]) -> ReloadResult:
        async with asyncio.timeout(DEADLINE_SECONDS), self._news:
            await self._news.wait_for(lambda: any(fits(result) for result in self.all))
        return next(result for result in self.all if fits(result))

    async def load(self, reloader: Reloader, name: str) -> None:
        """Wait until the version with this intent is in force."""
        await self.until(lambda _: name in reloader.current.faq.by_id)


@asynccontextmanager
async def watched(path: Path) -> AsyncIterator[tuple[Reloader, Results]]:
    reloader, results = Reloader.load(path), Results()
    reloader.on_reload(results)
    async with reloader.watching():
        yield reloader, results


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "faq.yaml"
    file.write_text(version("first"), encoding="utf-8")
    return file


async def test_a_save_in_place_is_answered_from_without_a_restart(path: Path) -> None:
    async with watched(path) as (reloader, results):
        assert reloader.current.matcher.match("催收会上门吗").intent == "first"
        path.write_text(version("second"), encoding="utf-8")
        await results.load(reloader, "second")
        assert reloader.current.matcher.match("催收会上门吗").intent == "second"


async def test_a_file_renamed_over_the_old_one_is_loaded(path: Path) -> None:
    async with watched(path) as (reloader, results):
        aside = path.with_suffix(".tmp")
        aside.write_text(version("second"), encoding="utf-8")
        aside.replace(path)
        await results.load(reloader, "second")


async def test_a_kubernetes_config_map_that_swaps_its_data_link_is_loaded(tmp_path: Path) -> None:
    def generation(name: str) -> None:
        (tmp_path / f"..{name}").mkdir()
        (tmp_path / f"..{name}" / "faq.yaml").write_text(version(name), encoding="utf-8")
        (tmp_path / "..data_tmp").symlink_to(f"..{name}")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    generation("first")
    (tmp_path / "faq.yaml").symlink_to("..data/faq.yaml")
    async with watched(tmp_path / "faq.yaml") as (reloader, results):
        for name in ("second", "third"):
            generation(name)
            await results.load(reloader, name)


async def test_a_link_to_a_file_in_another_folder_is_followed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "links" / "faq.yaml"
    link.parent.mkdir()
    link.symlink_to(path)
    async with watched(link) as (reloader, results):
        path.write_text(version("second"), encoding="utf-8")
        await results.load(reloader, "second")


async def test_a_file_deleted_and_written_again_is_loaded_and_the_old_answers_last_meanwhile(path: Path) -> None:
    async with watched(path) as (reloader, results):
        path.unlink()
        gone = await results.until(lambda result: not result.loaded)
        assert [problem.code for problem in gone.problems] == ["E-FILE"]
        assert "first" in reloader.current.faq.by_id
        path.write_text(version("second"), encoding="utf-8")
        await results.load(reloader, "second")


async def test_of_two_saves_in_a_row_the_last_one_stays(path: Path) -> None:
    async with watched(path) as (reloader, results):
        path.write_text(version("second"), encoding="utf-8")
        path.write_text(version("third_"), encoding="utf-8")  # as long as the one before
        await results.load(reloader, "third_")
    assert reloader.status.last_error is None


async def test_a_save_is_seen_where_the_file_systems_clock_is_too_coarse_to_show_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intents.reload._file_stamp", lambda _: (1,))
    async with watched(path) as (reloader, results):
        for name in ("second", "third_"):
            path.write_text(version(name), encoding="utf-8")
            await results.load(reloader, name)


async def test_a_save_while_another_is_being_loaded_is_not_lost(path: Path) -> None:
    async with watched(path) as (reloader, results):
        for name in ("second", "third", "fourth", "fifth"):
            path.write_text(version(name), encoding="utf-8")
            await steps()
            await reloader.reload()
        await results.load(reloader, "fifth")


async def test_half_a_file_keeps_the_old_answers_until_the_rest_is_there(path: Path) -> None:
    whole = version("second").encode()
    async with watched(path) as (reloader, results):
        with path.open("wb") as file:
            file.write(whole[: len(whole) // 2])
            file.flush()
            refused = await results.until(lambda result: not result.loaded)
            assert "first" in reloader.current.faq.by_id
            assert reloader.status.last_error == refused.summary
            file.write(whole[len(whole) // 2 :])
        await results.load(reloader, "second")
    assert reloader.status.last_error is None


async def test_a_file_that_is_being_written_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intents.reload.SETTLE_SECONDS", 0.5)
    monkeypatch.setattr("intents.reload.SETTLE_TIMEOUT_SECONDS", DEADLINE_SECONDS)
    whole = version("second").encode()
    async with watched(path) as (reloader, results):
        with path.open("wb") as file:
            for begin in range(0, len(whole), 100):
                file.write(whole[begin : begin + 100])
                file.flush()
                await asyncio.sleep(0.05)  # this is what is tested: a writer that takes its time
        await results.load(reloader, "second")
    assert [result.loaded for result in results.all] == [True]


@pytest.mark.parametrize(
    ("mark", "line_end"),
    [(b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")],
    ids=["bom", "crlf", "both"],
)
async def test_a_byte_order_mark_and_windows_line_ends_are_as_good(path: Path, mark: bytes, line_end: bytes) -> None:
    async with watched(path) as (reloader, results):
        path.write_bytes(mark + version("second").encode().replace(b"\n", line_end))
        await results.load(reloader, "second")
        assert reloader.current.matcher.match("催收会上门吗").intent == "second"


async def test_a_file_of_ten_megabytes_is_loaded_while_answers_go_on(path: Path) -> None:
    async with watched(path) as (reloader, results):
        padding = "# 备注：这一行只是为了凑够长度，读的人可以跳过。\n" * (10_000_000 // 70)
        path.write_text(padding + version("second"), encoding="utf-8")
        assert path.stat().st_size > 10_000_000
        answered = 0
        while "second" not in reloader.current.faq.by_id:
            assert reloader.current.matcher.match("催收会上门吗").intent == "first"
            answered += 1
            await asyncio.sleep(0.001)
            assert not [result for result in results.all if not result.loaded]
        assert answered > 1


@pytest.mark.parametrize(
    "broken",
    [b"", b"version: 1\nintents:\n\t- id: x\n", b"\xff\xfe\x00", b"[" * 5000, version("x").encode()[:-40]],
    ids=["empty", "tab", "not utf-8", "5000 brackets deep", "cut off"],
)
async def test_a_broken_file_is_refused_with_a_line_and_the_last_good_one_stays(path: Path, broken: bytes) -> None:
    async with watched(path) as (reloader, results):
        before = reloader.current
        path.write_bytes(broken)
        result = await results.until(lambda result: not result.loaded)
        assert reloader.current is before
        assert result.digest == before.digest
        assert reloader.status.last_error == result.summary
        assert "\n" not in result.summary
        assert str(path.parent) not in result.summary
        path.write_text(version("second"), encoding="utf-8")
        await results.until(lambda result: result.loaded)
    assert "second" in reloader.current.faq.by_id
    assert reloader.status.last_error is None
    assert [result.loaded for result in results.all] == [False, True]


async def test_no_way_of_breaking_the_file_takes_the_last_good_version_away(path: Path) -> None:
    path.write_text(GOOD, encoding="utf-8")
    reloader = Reloader.load(path)
    before = reloader.current
    mistakes = [mistake for mistake in Mistake.all() if mistake.code.startswith("E-")]
    assert len(mistakes) >= 40
    for mistake in mistakes:
        path.write_text(mistake.broken(GOOD)[0], encoding="utf-8")
        result = await reloader.reload()
        assert result is not None, mistake.name
        assert not result.loaded, mistake.name
        assert mistake.code in result.summary
        assert reloader.current is before
    assert before.matcher.match("夜里有人砸门要账咋办").intent == "door_knock"


async def test_putting_back_the_version_in_force_ends_the_error(path: Path) -> None:
    good = path.read_bytes()
    async with watched(path) as (reloader, results):
        path.write_bytes(b"version: [")
        await results.until(lambda result: not result.loaded)
        path.write_bytes(good)
        await results.until(lambda result: result.loaded)
    assert reloader.status.last_error is None


async def test_a_touch_and_a_neighbours_write_load_nothing(path: Path) -> None:
    async with watched(path) as (reloader, results):
        before = reloader.current
        os.utime(path)
        (path.parent / "youshu.db").write_bytes(b"x")
        assert await reloader.reload() is None
        path.write_text(version("second"), encoding="utf-8")
        await results.load(reloader, "second")
    assert len(results.all) == 1
    assert before.faq.by_id.keys() != reloader.current.faq.by_id.keys()


async def test_a_request_to_reload_tells_the_outcome_even_when_nothing_changed(path: Path) -> None:
    async with watched(path) as (reloader, results):
        reloader.reload_soon()
        result = await results.until(lambda result: result.loaded)
        assert result.digest == reloader.current.digest


async def test_a_folder_that_goes_and_comes_back_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intents.reload.POLL_SECONDS", 0.1)  # only the clock finds it
    folder = tmp_path / "content"
    folder.mkdir()
    path = folder / "faq.yaml"
    path.write_text(version("first"), encoding="utf-8")
    async with watched(path) as (reloader, results):
        folder.rename(tmp_path / "away")
        await results.until(lambda result: not result.loaded)
        folder.mkdir()
        path.write_text(version("second"), encoding="utf-8")
        await results.load(reloader, "second")


async def test_a_hook_that_fails_stops_neither_the_others_nor_the_next_reload(path: Path) -> None:
    async def fails(_: ReloadResult) -> None:
        raise RuntimeError("the messenger is away")

    reloader, results = Reloader.load(path), Results()
    reloader.on_reload(fails)
    reloader.on_reload(results)
    async with reloader.watching():
        for name in ("second", "third"):
            path.write_text(version(name), encoding="utf-8")
            await results.load(reloader, name)


async def test_a_hook_that_never_ends_holds_up_nothing(path: Path) -> None:
    async def hangs(_: ReloadResult) -> None:
        await asyncio.Event().wait()

    reloader, results = Reloader.load(path), Results()
    reloader.on_reload(hangs)
    reloader.on_reload(results)
    async with reloader.watching():
        for name in ("second", "third"):
            path.write_text(version(name), encoding="utf-8")
            await results.load(reloader, name)


def test_there_is_no_start_without_a_good_file(path: Path) -> None:
    path.write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(FAQError):
        Reloader.load(path)


async def test_a_reader_in_mid_turn_never_sees_a_mixture_of_two_versions(path: Path) -> None:
    reloader, stop = Reloader.load(path), threading.Event()
    mixtures: list[str] = []
    turns = 0

    def talk() -> None:
        nonlocal turns
        while not stop.is_set():
            knowledge = reloader.current
            found = knowledge.matcher.match("催收会上门吗")
            if found.intent not in knowledge.faq.by_id or knowledge.digest != digests[str(found.intent)]:
                mixtures.append(str(found.intent))
            turns += 1

    names = [f"version_{number}" for number in range(12)]
    digests = {"first": reloader.current.digest}
    for name in names:
        path.write_text(version(name), encoding="utf-8")
        digests[name] = Knowledge.load(path).digest
    readers = [threading.Thread(target=talk) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for name in names:
            path.write_text(version(name), encoding="utf-8")
            assert await reloader.reload() is not None
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert turns > 0
    assert mixtures == []


@pytest.mark.proof
async def test_500_reloads_leak_neither_file_handles_nor_memory(path: Path) -> None:
    async def reload(times: int) -> None:
        for number in range(times):
            path.write_text(version("even" if number % 2 else "odd"), encoding="utf-8")
            await reloader.reload()  # or the watcher was first

    others = knowledge_alive()  # of tests that ran before in this process
    async with watched(path) as (reloader, results):
        await reload(100)
        handles, memory = open_handles(), resident_bytes()
        await reload(500)
        await results.until(lambda _: sum(result.loaded for result in results.all) >= 600)
        assert open_handles() <= handles
        assert resident_bytes() - memory < 20_000_000
    await asyncio.get_running_loop().shutdown_default_executor()  # a last load may still be under way in a thread
    results.all.clear()
    alive = [each for each in knowledge_alive() if not any(each is other for other in others)]
    assert len(alive) == 1
    assert alive[0] is reloader.current


def knowledge_alive() -> list[Knowledge]:
    """Every version of a FAQ that this process still holds."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, Knowledge)]


def open_handles() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
