"""The log: one form for all, and nothing in it that a person wrote or that opens a door."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from bot.observe import configure_logging, traceback_locations
from tests.logs import logging_restored

SECRET = "幸福路八号"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    with logging_restored():
        yield


def fail() -> None:
    raise ValueError(SECRET)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:  # a log line's values are of any type
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_our_own_lines_and_the_libraries_have_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "INFO")
    structlog.get_logger("bot.service").info("ready", url="http://127.0.0.1:8080")
    logging.getLogger("sqlalchemy.pool").warning("something %s", "odd")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["level"], ours["logger"]) == ("ready", "info", "bot.service")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("something odd", "warning", "sqlalchemy.pool")
    assert {"timestamp"} <= ours.keys() & theirs.keys()


@pytest.mark.parametrize("name", ["httpx", "telegram.ext", "sqlalchemy.engine.Engine", "aiosqlite", "uvicorn.access"])
def test_libraries_stay_silent_below_warning_at_every_level(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_logging("console", "DEBUG")
    logging.getLogger(name).info("POST https://api.telegram.org/bot123:%s", SECRET)
    logging.getLogger(name).debug(SECRET)
    assert capsys.readouterr().err == ""


def test_a_library_that_quotes_the_token_in_its_errors_is_not_heard_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("console", "DEBUG")
    logging.getLogger("telegram.ext.Updater").critical("https://api.telegram.org/bot123:%s", SECRET)
    assert capsys.readouterr().err == ""


def test_the_level_that_is_set_holds_for_our_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "DEBUG")
    structlog.get_logger("intents.reload").debug("seen")
    configure_logging("json", "ERROR")
    structlog.get_logger("intents.reload").warning("unseen")
    assert [line["event"] for line in lines(capsys)] == ["seen"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_errors_text_is_not_logged_but_its_kind_and_place_are(
    capsys: pytest.CaptureFixture[str], log_format: Literal["json", "console"]
) -> None:
    configure_logging(log_format, "DEBUG")
    try:
        fail()
    except ValueError:
        structlog.get_logger("bot.x").exception("turn_failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    written = capsys.readouterr().err
    assert SECRET not in written
    assert "Traceback" not in written
    assert written.count("ValueError") == 2
    assert written.count(" fail") == 2


async def test_a_task_that_fails_unseen_is_logged_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", "DEBUG")

    async def failing() -> None:
        fail()

    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    loop = asyncio.get_running_loop()
    loop.call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )
    (line,) = lines(capsys)
    assert line["event"] == "Task exception was never retrieved"
    assert line["error"] == "ValueError"
    assert SECRET not in str(line)


def test_a_trail_names_places_innermost_last_and_not_the_text() -> None:
    with pytest.raises(ValueError, match=SECRET) as caught:
        fail()
    places = traceback_locations(caught.value)
    assert places[-1].startswith("test_observe.py:")
    assert places[-1].endswith(" fail")
    assert SECRET not in "".join(places)
