"""What is counted, and that it names nobody."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bot.http.metrics import DURATION_BUCKETS, MOST_VALUES, OTHER, Metrics
from bot.messages import ChatIdentity, Incoming, Reply, Section
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents import Decision
from intents.knowledge import Knowledge

PERSON = ChatIdentity("web", "session-geheim")
ANSWER = Reply(Decision.ANSWER, (Section(("答。",)),), intent="home_visit")


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name and label values."""
    text = metrics.render()[0].decode("utf-8")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


async def turned(metrics: Metrics, reply: Reply | None, times: int = 1) -> None:
    async def turn(_: Incoming) -> Reply | None:
        return reply

    for _ in range(times):
        assert await metrics.instrument(turn)(Incoming(PERSON, "幸福路八号")) is reply


async def test_turns_are_counted_by_channel_and_decision_and_answers_by_intent() -> None:
    metrics = Metrics()
    await turned(metrics, ANSWER, times=2)
    await turned(metrics, Reply(Decision.FALLBACK, (Section(("不知道。",)),)))
    await turned(metrics, Reply(Decision.CLARIFY, (Section(("哪一个？",)),), intent="lawsuit"))
    found = values(metrics)
    assert found["youshu_turns_total", "web", "answer"] == 2
    assert found["youshu_turns_total", "web", "fallback"] == 1
    assert found["youshu_turns_total", "web", "clarify"] == 1
    assert found["youshu_answers_total", "home_visit"] == 2
    assert ("youshu_answers_total", "lawsuit") not in found
    assert found["youshu_turn_seconds_count", "web"] == 4


async def test_silence_is_counted_apart() -> None:
    metrics = Metrics()
    await turned(metrics, None)
    assert values(metrics)["youshu_turns_total", "web", "silent"] == 1


async def test_a_turn_that_fails_is_counted_and_fails_on() -> None:
    metrics = Metrics()

    async def turn(_: Incoming) -> Reply | None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await metrics.instrument(turn)(Incoming(PERSON, "您好"))
    assert values(metrics)["youshu_turns_total", "web", "failed"] == 1


def test_reloads_problems_and_store_errors_are_counted() -> None:
    metrics = Metrics()
    metrics.reloaded("taken")
    metrics.reloaded("refused")
    metrics.reloaded("refused")
    metrics.faq_problems(errors=2, warnings=5)
    metrics.faq_problems(errors=0, warnings=4)
    metrics.store_failed()
    found = values(metrics)
    assert found["youshu_faq_reloads_total", "taken"] == 1
    assert found["youshu_faq_reloads_total", "refused"] == 2
    assert found["youshu_faq_problems", "error"] == 0
    assert found["youshu_faq_problems", "warning"] == 4
    assert found["youshu_store_errors_total",] == 1


async def test_a_database_that_does_not_answer_is_counted(tmp_path: Path) -> None:
    metrics = Metrics()
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'no-such-folder' / 'youshu.db'}", failed=metrics.store_failed)
    with pytest.raises(StoreError):
        await store.open()
    await store.close()
    assert values(metrics)["youshu_store_errors_total",] == 1


async def test_nothing_of_a_person_is_in_the_metrics() -> None:
    metrics = Metrics()
    await turned(metrics, ANSWER)
    text = metrics.render()[0].decode("utf-8")
    assert "geheim" not in text
    assert "幸福路" not in text


@given(user=st.text(), said=st.text(), tapped=st.text(), intent=st.text())
async def test_no_label_says_what_a_person_wrote(user: str, said: str, tapped: str, intent: str) -> None:
    metrics = Metrics()

    async def turn(_: Incoming) -> Reply | None:
        return Reply(Decision.ANSWER, (Section((said,)),), intent=f"{intent}。")

    await metrics.instrument(turn)(Incoming(ChatIdentity("web", user), said, tapped))
    labels = {value for _, *several in values(metrics) for value in several}
    assert {each for each in labels if not each.replace(".", "").removeprefix("+").isascii()} == set()
    assert labels - {f"{bound}" for bound in DURATION_BUCKETS} <= {"web", "answer", "other", "+Inf"}


def test_however_many_kinds_there_are_the_labels_have_an_end() -> None:
    metrics = Metrics()
    for number in range(5 * MOST_VALUES):
        for count in (metrics.telegram_event, metrics.wechat_event, metrics.wecom_event):
            count(f"fail_{number}")
    series = [key for key in values(metrics) if key[0] == "youshu_telegram_events_total"]
    assert len(series) == MOST_VALUES + 1
    assert values(metrics)["youshu_telegram_events_total", OTHER] == 4 * MOST_VALUES


@pytest.mark.parametrize("kind", ["", "王小明", "a b", 'a"} 1', "a\nb", "x" * 65])
def test_a_kind_that_is_no_name_is_counted_as_another(kind: str) -> None:
    metrics = Metrics()
    metrics.wecom_event(kind)
    assert values(metrics)["youshu_wecom_events_total", OTHER] == 1


async def test_a_topic_that_somebody_made_up_is_no_label(shipped: Knowledge) -> None:
    metrics = Metrics()
    async with Store("sqlite+aiosqlite://") as store:
        turn = metrics.instrument(Conversation(lambda: shipped, store).turn)
        for value in ("i:made_up", "p:made_up:rights", "v:made_up:1", "c:made_up", "g:made_up", "a:made_up"):
            await turn(Incoming(PERSON, "", value))
        await turn(Incoming(PERSON, "made_up"))
    assert "made_up" not in metrics.render()[0].decode("utf-8")


def test_two_services_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.store_failed()
    assert values(other)["youshu_store_errors_total",] == 0
