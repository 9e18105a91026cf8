"""The rooms that are measured: which modules are changed, and which tests have to notice."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Room:
    """Modules, as globs from the root, and the tests that are their own; `whole` where every change is tried, not a sample."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    whole: bool = False
    without: tuple[str, ...] = ()

    def paths(self) -> list[Path]:
        """The modules' files, in the order of their names."""
        found = {path for pattern in self.modules for path in ROOT.glob(pattern)}
        left_out = {path for pattern in self.without for path in ROOT.glob(pattern)}
        return sorted(path for path in found - left_out if path.name != "__init__.py")


def _tests(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


TELEGRAM = ("update_queue", "polling", "intake", "sending", "pace", "rate_limiter")
WECHAT = ("waiting", "sending", "quota", "intake")
WECOM = ("delivery", "quota", "sending")
WRITERS = ("edit", "rewrite", "question_edit", "split", "skeleton", "files", "backups", "journal")

ROOMS: dict[str, Room] = {
    "crisis": Room(
        ("bot/crisis/dialogue.py", "bot/crisis/moves.py", "bot/crisis/state.py"),
        ("tests/bot/crisis", "tests/bot/talk/test_danger_levels.py"),
        whole=True,
    ),
    "crisis_script": Room(
        tuple(f"bot/crisis/{name}.py" for name in ("hearing", "loading", "paths", "script")), ("tests/bot/crisis",)
    ),
    "danger": Room(
        ("intents/danger/score.py", "intents/danger/detector.py", "intents/danger/signs.py"),
        ("tests/intents/danger",),
    ),
    "decide": Room(
        tuple(f"intents/matching/{name}.py" for name in ("decide", "match", "matcher", "scope")),
        _tests("intents/matching", "decide", "match", "matcher", "scope"),
        whole=True,
    ),
    "writers": Room(
        tuple(f"intents/faq/{name}.py" for name in WRITERS),
        ("tests/intents/faq", "tests/intents/test_split.py", "tests/intents/test_teach.py"),
    ),
    "operators": Room(
        ("bot/operators/handoff.py", "bot/operators/broadcast.py"),
        _tests("bot/operators", "handoff", "broadcast", "admin_commands"),
    ),
    "privacy": Room(("bot/privacy.py",), ("tests/bot/test_privacy.py",)),
    "render": Room(("bot/channels/render.py",), ("tests/bot/channels/test_render.py",)),
    "wechat": Room(
        tuple(f"bot/channels/wechat/{name}.py" for name in WECHAT),
        _tests("bot/channels/wechat", "attempts", "keeping", "quota", "sending", "waiting"),
    ),
    "wecom": Room(
        tuple(f"bot/channels/wecom/{name}.py" for name in WECOM),
        _tests("bot/channels/wecom", "delivery", "sending", "sessions"),
    ),
    "conversation": Room(("bot/talk/conversation.py", "bot/talk/respond.py"), ("tests/bot/talk",), whole=True),
    "talk": Room(("bot/talk/*.py",), ("tests/bot/talk",), without=("bot/talk/conversation.py", "bot/talk/respond.py")),
    "store": Room(("bot/store/*.py",), ("tests/bot/store",)),
    "telegram": Room(tuple(f"bot/channels/telegram/{name}.py" for name in TELEGRAM), ("tests/bot/channels/telegram",)),
    "jobs": Room(("bot/jobs/*.py",), ("tests/bot/jobs",)),
    "limits": Room(("bot/limit_counters.py",), ("tests/bot/test_limit_counters.py",)),
    "http": Room(
        ("bot/http/client_limit.py", "bot/http/connection.py", "bot/http/request_body.py", "bot/http/middleware.py"),
        ("tests/bot/http",),
    ),
}
"""Each room by its name for `make mutants ROOM=…`; the tests follow the tree, with the neighbours that are named here."""
