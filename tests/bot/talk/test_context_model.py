"""How likely each reading of a message is after a topic, with the shipped weights and FAQ."""

import math

import pytest

from bot.talk.context_features import ACKNOWLEDGES, KINDS, NUMBERS, OUTSIDE, Talked, near, numbers, readings, runs
from bot.talk.context_model import ContextModel, parse, shipped_context
from bot.talk.message import Message
from intents import Matcher
from intents.knowledge import Knowledge
from tests.bot.talk.test_conversation import LITTLE, VISIT
from tests.faqs import faq, intent


def likeliest(shipped: Knowledge, topic: str, text: str) -> str:
    message = Message(text, shipped.matcher)
    return next(iter(shipped_context().probabilities(shipped.faq, Talked(topic), message)))


@pytest.mark.parametrize(
    ("topic", "text", "reading"),
    [
        ("grace_period", "那三天呢", "grace_period"),
        ("overdue_overview", "借呗一样吗", "overdue_overview"),
        ("rate_cap", "24呢", "rate_cap"),
        ("negotiate_how", "他要是不同意", "negotiation_refused"),
        ("illegal_collection", "那往哪告", "complaint_channels"),
        ("complaint_channels", "要啥材料", "complaint_channels"),
        ("lawsuit", "判了还没钱呢", "enforcement"),
        ("home_visit", "知道了", ACKNOWLEDGES),
        ("rate_cap", "行，我记下了", ACKNOWLEDGES),
        ("home_visit", "明天下雨吗", OUTSIDE),
        ("home_visit", "红烧肉怎么做", OUTSIDE),
    ],
)
def test_a_fragment_is_read_in_the_light_of_the_topic(shipped: Knowledge, topic: str, text: str, reading: str) -> None:
    assert likeliest(shipped, topic, text) == reading


def test_the_probabilities_of_all_readings_add_up_to_one_and_danger_is_none_of_them(shipped: Knowledge) -> None:
    message = Message("我不想活了", shipped.matcher)
    found = shipped_context().probabilities(shipped.faq, Talked("stress"), message)
    assert set(found) == {*shipped.faq.by_id, OUTSIDE, ACKNOWLEDGES}
    assert sum(found.values()) == pytest.approx(1)
    assert found["crisis"] == 0


def test_influences_say_what_spoke_for_a_reading_and_add_up_to_its_score(shipped: Knowledge) -> None:
    message, talked = Message("那三天呢", shipped.matcher), Talked("grace_period")
    context = shipped_context()

    def score(reading: str) -> float:
        return sum(each.weight for each in context.influences(shipped.faq, talked, message, reading))

    found = context.probabilities(shipped.faq, talked, message)
    (first, one), (second, other) = list(found.items())[:2]
    assert score(first) > score(second)
    assert one / other == pytest.approx(2.718281828 ** (score(first) - score(second)), rel=1e-3)


def test_a_topic_that_the_weights_do_not_know_is_gone_on_with(shipped: Knowledge) -> None:
    bare = ContextModel(shipped_context().numbers, {}, {})
    message = Message("那三天呢", shipped.matcher)
    assert next(iter(bare.probabilities(shipped.faq, Talked("extension"), message))) in {"extension", "grace_period"}


def test_there_is_a_row_for_each_reading_and_a_column_for_each_number(shipped: Knowledge) -> None:
    message = Message("那三天呢", shipped.matcher)
    assert numbers(shipped.faq, Talked("grace_period"), message).shape == (len(readings(message)), len(NUMBERS))


def test_what_is_known_of_each_reading_stands_under_its_name() -> None:
    """On a little FAQ: a question of the FAQ after another topic, in a talk that began elsewhere."""
    message = Message(VISIT, Matcher(LITTLE))
    vars(message).update(ellipsis=0.25, goes_on=0.75)
    found = numbers(LITTLE, Talked("lawsuit", ("bare", "lawsuit"), outside=True), message)
    rows = {
        name: dict(zip(NUMBERS, row.tolist(), strict=True)) for name, row in zip(readings(message), found, strict=True)
    }
    look = message.look
    inside = {name: math.exp(rows[name]["share"]) - 0.01 for name in LITTLE.by_id}
    shares = dict(zip(readings(message), (look.shares * 0.02).tolist(), strict=False)) | {"home_visit": 0.98}
    assert inside == pytest.approx(shares, abs=1e-6)
    assert rows["home_visit"]["share_elliptic"] == pytest.approx(rows["home_visit"]["share"] / 4)
    assert [name for name, row in rows.items() if row["exact"]] == ["home_visit"]
    assert [name for name, row in rows.items() if row["topic"]] == ["lawsuit"]
    assert [name for name, row in rows.items() if row["related"]] == ["home_visit"]
    assert [name for name, row in rows.items() if row["earlier"]] == ["bare"]
    assert [name for name, row in rows.items() if row["outside"]] == [OUTSIDE]
    assert [name for name, row in rows.items() if row["ack"]] == [ACKNOWLEDGES]
    assert [name for name, row in rows.items() if any(row[f"is_{kind}"] for kind in KINDS)] == [
        "greeting",
        "human_help",
    ]
    topic, none, ack = rows["lawsuit"], rows[OUTSIDE], rows[ACKNOWLEDGES]
    rival, in_scope, length = inside["home_visit"] * look.in_scope, look.in_scope, math.log(1 + len(look.normalized))
    expected = {"elliptic": 0.25, "going_on": 0.75, "scope": math.log(in_scope + 0.02), "asking": 1, "outside": 1}
    expected |= {"known": look.known_share, "rival": rival, "correcting": 0}
    assert {name: topic[f"topic_{name}"] for name in expected} == pytest.approx(expected, abs=1e-5)
    beyond = math.log(1 - in_scope + 0.02)
    expected = {"scope": beyond, "margin": look.none_margin, "elliptic": 0.25, "going_on": 0.75, "rival": rival}
    expected |= {"known": look.known_share, "length": length, "again": 1, "asking": 1}
    assert {name: none[f"outside_{name}"] for name in expected} == pytest.approx(expected, abs=1e-5)
    expected = {"words": 0, "length": length, "asking": 1, "scope": beyond, "going_on": 0.75, "rival": rival}
    assert {name: ack[f"ack_{name}"] for name in expected} == pytest.approx(expected, abs=1e-5)


def test_every_shipped_number_is_one_that_is_computed() -> None:
    assert set(shipped_context().numbers) == set(NUMBERS)


def test_figures_count_alike_in_the_wording() -> None:
    assert runs("24呢") == runs("365呢")
    assert "^0" in runs("24呢")[0]


def test_of_a_latin_word_the_first_six_letters_count() -> None:
    assert runs("installment") == runs("installation") != runs("instant")


def test_weights_are_lines_of_tabs() -> None:
    found = parse(["number\ttopic\t1.5", "run\t呢$\t0.1\t0\t-0.2\t0", "passage\ta\tb\t0.7"])
    assert (found.numbers["topic"], found.runs["呢$"][2], found.passages["a"]["b"]) == (1.5, -0.2, 0.7)


def test_near_a_topic_is_what_it_names_and_what_names_it() -> None:
    three = [intent("a", ["甲"], related=["b"]), intent("b", ["乙"]), intent("c", ["丙"], related=["a"])]
    assert near(faq(three), "a") == {"b", "c"}
    assert near(faq(three), "b") == {"a"}
    assert near(faq(three), "gone") == frozenset()
