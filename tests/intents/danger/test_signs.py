"""What signs.yaml says is what is matched."""

from importlib.resources import files

import pytest
import yaml

from intents.danger.signs import DangerLevel, load_patterns

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WRITTEN = yaml.load(files("intents.danger").joinpath("signs.yaml").read_text(encoding="utf-8"), _Loader)  # noqa: S506 -- a safe one
LOADED = load_patterns()


def test_each_sign_is_what_is_written_of_it_and_the_plain_ones_come_first() -> None:
    written = [
        *(
            (each["name"], each["kind"], each["level"], each["why"])
            for each in WRITTEN["signs"]
            if each["level"] == "plain"
        ),
        *(
            (each["name"], each["kind"], each["level"], each["why"])
            for each in WRITTEN["signs"]
            if each["level"] != "plain"
        ),
    ]
    assert [(each.name, each.kind, each.level, each.why) for each in LOADED.groups] == written
    assert LOADED.groups[0].level is DangerLevel.PLAIN


@pytest.mark.parametrize("flag", ["urgent", "sure", "alone", "unless"])
def test_a_sign_has_the_marks_that_are_written_and_no_other(flag: str) -> None:
    written = sorted(each["name"] for each in WRITTEN["signs"] if each.get(flag))
    assert written
    assert sorted(each.name for each in LOADED.groups if getattr(each, flag)) == written


def test_what_only_sounds_like_danger_does_so_where_that_is_written() -> None:
    written = [(each["why"], each.get("when") is not None) for each in WRITTEN["harmless"]]
    assert {limited for _, limited in written} == {True, False}
    assert [(each.why, each.when is not None) for each in LOADED.harmless] == written
    [(when, pattern), *_] = [
        (each["when"], loaded.when)
        for each, loaded in zip(WRITTEN["harmless"], LOADED.harmless, strict=True)
        if loaded.when
    ]
    assert pattern.pattern.count("|") >= when.count("|")
