"""Metrics for Prometheus: how many and how long, never who or what was said."""

import re
from time import perf_counter
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.messages import Incoming, Reply, Turn
from intents import Decision

DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds; the last is WeChat's limit for an answer."""

MOST_VALUES = 200
"""Of one label: more than there are topics and kinds of events; whatever comes beyond is OTHER, so that memory has an end."""
OTHER = "other"
_VALUE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""What a label may say: the names of our code and the codes of vendors, nothing that people write."""


class LabelValues:
    """The values of one label: names only, and so many at most."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        """The value, or OTHER."""
        if value not in self._seen:
            if len(self._seen) >= MOST_VALUES or not _VALUE.fullmatch(value):
                return OTHER
            self._seen.add(value)
        return value


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._intents, self._kinds = LabelValues(), {name: LabelValues() for name in ("telegram", "wechat", "wecom")}
        self._turns = Counter(
            "youshu_turns_total",
            "Messages answered, by channel and decision (silent: no reply; failed: an error).",
            ("channel", "decision"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "youshu_turn_seconds",
            "Time from message to reply.",
            ("channel",),
            buckets=DURATION_BUCKETS,
            registry=self.registry,
        )
        self._answers = Counter(
            "youshu_answers_total", "Answers given, by intent.", ("intent",), registry=self.registry
        )
        self._reloads = Counter(
            "youshu_faq_reloads_total", "Changes of the FAQ taken or refused.", ("result",), registry=self.registry
        )
        self._problems = Gauge(
            "youshu_faq_problems",
            "Problems in the FAQ file as last read, by severity.",
            ("severity",),
            registry=self.registry,
        )
        self._telegram = Counter(
            "youshu_telegram_events_total",
            "What Telegram refused and what came twice, by kind.",
            ("kind",),
            registry=self.registry,
        )
        self._wechat = Counter(
            "youshu_wechat_events_total",
            "What WeChat sent again, what was refused, what wasn't ready in time, by kind.",
            ("kind",),
            registry=self.registry,
        )
        self._wecom = Counter(
            "youshu_wecom_events_total",
            "What WeCom refused, what came twice or was history, what a crash has cut off, by kind.",
            ("kind",),
            registry=self.registry,
        )
        self._jobs = Counter(
            "youshu_jobs_total",
            "Scheduled and long work, by what came of it (lost: its process ended while it ran).",
            ("work", "outcome"),  # not "job", which Prometheus gives every series itself
            registry=self.registry,
        )
        self._store_errors = Counter(
            "youshu_store_errors_total", "Calls that the database did not answer.", registry=self.registry
        )

    def instrument(self, turn: Turn) -> Turn:
        """The turn, counted and timed."""

        async def counted(incoming: Incoming) -> Reply | None:
            channel = incoming.person.channel
            begin = perf_counter()
            try:
                reply = await turn(incoming)
            except BaseException:
                self._turns.labels(channel, "failed").inc()
                raise
            self._seconds.labels(channel).observe(perf_counter() - begin)
            self._turns.labels(channel, reply.decision.value if reply else "silent").inc()
            if reply and reply.decision is Decision.ANSWER and reply.intent is not None:
                self._answers.labels(self._intents(reply.intent)).inc()
            return reply

        return counted

    def reloaded(self, result: Literal["taken", "refused"]) -> None:
        """A change of the FAQ file was seen."""
        self._reloads.labels(result).inc()

    def faq_problems(self, *, errors: int, warnings: int) -> None:
        """How many problems the FAQ file has, as last read."""
        self._problems.labels("error").set(errors)
        self._problems.labels("warning").set(warnings)

    def telegram_event(self, kind: str) -> None:
        """Telegram refused something, or sent something again."""
        self._telegram.labels(self._kinds["telegram"](kind)).inc()

    def wechat_event(self, kind: str) -> None:
        """WeChat sent something again, or something of it was refused or late."""
        self._wechat.labels(self._kinds["wechat"](kind)).inc()

    def wecom_event(self, kind: str) -> None:
        """WeCom refused something or sent it again, or something of it was lost."""
        self._wecom.labels(self._kinds["wecom"](kind)).inc()

    def job_ended(self, name: str, outcome: str) -> None:
        """A piece of scheduled or long work is over."""
        self._jobs.labels(name, outcome).inc()

    def store_failed(self) -> None:
        """The database did not answer a call."""
        self._store_errors.inc()

    def render(self) -> tuple[bytes, str]:
        """The body of /metrics and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
