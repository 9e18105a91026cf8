"""For all tests: the programs that they start run unmeasured, and tests that share what is dear to start share a worker."""

import os

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from intents.knowledge import Knowledge
from tests.talking import SHIPPED_FAQ

# How long an example takes says something about the machine, not about the code: speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# coverage measures the workers of the tests through these. A service that a test starts would be traced as well, at twice its
# time, although what it runs is measured in the workers.
for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.pop(name, None)

TOGETHER = (
    "tests/bot/channels/web/test_page.py",
    "tests/bot/channels/web/test_page_answers.py",
    "tests/bot/channels/web/test_page_room.py",
    "tests/bot/channels/web/test_page_trouble.py",
    "tests/bot/commands/test_second_opinion.py",
    "tests/bot/talk/test_second_opinion.py",
    "tests/intents/matching/test_semantic.py",
    "tests/intents/matching/test_understanding.py",
    "tests/intents/danger/test_danger.py",
)
"""Modules that start a browser, load scikit-learn, or try thousands of messages, for all their tests."""


def _scope(nodeid: str) -> str:
    """What one worker runs: a module of TOGETHER, all that needs PostgreSQL, or a test alone."""
    module, _, _ = nodeid.partition("::")
    if module in TOGETHER:
        return module
    return "postgresql" if "[postgresql" in nodeid else nodeid


class _Shared(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """One worker for each scope; whoever is free takes the next.

    xdist 3.8's own loadgroup renames tests to the same end; pytest 9.2 no longer minds the name that it sets.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


@pytest.fixture(scope="session")
def shipped() -> Knowledge:
    """The shipped FAQ, loaded once a worker; immutable."""
    return Knowledge.load(SHIPPED_FAQ)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left with it at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, _scope(item.nodeid) == item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """How tests are handed to workers (https://pytest-xdist.readthedocs.io/en/stable/)."""
    return _Shared(config, log)
