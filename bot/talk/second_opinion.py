"""Second opinions while the bot runs: learned in the background, asked off the event loop, and waited for only so long."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from bot.talk import text_commands
from bot.talk.followup import ELLIPTIC, spoken_of
from bot.talk.message import Message
from bot.talk.state import ConversationState
from intents.errors import ExpectedError
from intents.faq.schema import FAQ
from intents.knowledge import Knowledge
from intents.matching.kept_embeddings import Embedder, Progress, StoppedError
from intents.matching.second_opinion import SecondOpinion
from intents.matching.semantic import SemanticOpinion

log = structlog.get_logger(__name__)

LIMIT_SECONDS = 0.2
"""So long an answer waits for a second opinion; then what the matcher decided by itself goes out."""
MAX_CHARACTERS = 150
"""A longer message isn't asked about: at about a millisecond a character of one core the opinion would come too late."""
REPORT_EVERY = 1_000
"""After so many new sentences the log says how far learning has come."""


def is_wanted(faq: FAQ, state: ConversationState, message: Message) -> bool:
    """Whether a second opinion may change what is answered: the message is read by itself, and the matcher is in doubt about it.

    In a talk the topic of before tells more than embeddings of one sentence, which know nothing of it.
    """
    if state.crisis is not None or spoken_of(faq, state) is not None:
        return False
    if state.outside and message.ellipsis >= ELLIPTIC:
        return False
    if len(message.text) > MAX_CHARACTERS or text_commands.command(message.folded) is not None:
        return False
    return message.wants_second_opinion


class SecondOpinions:
    """The second opinion of the FAQ in force, once it is learned."""

    def __init__(self, embedder: Callable[[], Embedder], limit_seconds: float = LIMIT_SECONDS) -> None:
        """Learn nothing yet.

        Args:
            embedder: loads an embedder; raises ExpectedError. Called in a thread, for each thread that needs one.
            limit_seconds: how long `scores` may take.
        """
        self._embedder = embedder
        self._limit = limit_seconds
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="second-opinion")
        self._learned: tuple[str, SecondOpinion] | None = None
        self._stop = threading.Event()
        self._learning: set[asyncio.Task[None]] = set()
        self._logged: set[str] = set()
        """What went wrong with this opinion, so that each is one line and not one for every message."""

    def of(self, knowledge: Knowledge) -> SecondOpinion | None:
        """The opinion that was learned from this version; None before it is."""
        return self._learned[1] if self._learned is not None and self._learned[0] == knowledge.digest else None

    async def scores(self, knowledge: Knowledge, text: str) -> Mapping[str, float] | None:
        """How likely each intent is; None where it isn't known in time. Never raises."""
        opinion = self.of(knowledge)
        if opinion is None:
            return None
        try:
            async with asyncio.timeout(self._limit):
                return await asyncio.get_running_loop().run_in_executor(self._asking, opinion.scores, text)
        except TimeoutError:
            self._log_once("second_opinion_late", limit_seconds=self._limit)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong in the library, the matcher's own decision goes out
            self._log_once("second_opinion_failed", exc_info=error)
        return None

    def follow(self, knowledge: Knowledge) -> None:
        """Begin to learn from this version, and leave off learning from an earlier one; until it is learned there is no opinion."""
        self._stop.set()
        self._stop = threading.Event()
        task = asyncio.create_task(self._learn_quietly(knowledge, self._stop))
        self._learning.add(task)
        task.add_done_callback(self._learning.discard)

    async def learn(self, knowledge: Knowledge, progress: Progress, stop: threading.Event | None = None) -> None:
        """Learn from this version; raises ExpectedError, StoppedError. Progress is told in another thread."""
        stopped = (stop or self._stop).is_set
        opinion = await asyncio.to_thread(
            lambda: SemanticOpinion.learn(knowledge.faq, self._embedder(), progress, stopped)
        )
        if opinion is not None and not stopped():
            self._learned = (knowledge.digest, opinion)
            self._logged.clear()

    async def settled(self) -> None:
        """Wait until nothing is being learned."""
        if self._learning:
            await asyncio.wait(self._learning)

    async def close(self) -> None:
        """Leave off learning, keeping what is embedded, and asking."""
        self._stop.set()
        await self.settled()
        self._asking.shutdown(wait=False, cancel_futures=True)

    def _log_once(self, event: str, **told: object) -> None:
        if event not in self._logged:
            self._logged.add(event)
            log.warning(event, **told)

    async def _learn_quietly(self, knowledge: Knowledge, stop: threading.Event) -> None:
        began = time.monotonic()
        try:
            await self.learn(knowledge, _report, stop)
        except StoppedError:
            return
        except ExpectedError as error:
            log.error("second_opinion_not_learned", reason=str(error))
        except Exception as error:
            log.error("second_opinion_not_learned", exc_info=error)
        else:
            log.info("second_opinion_ready", faq=knowledge.digest, seconds=round(time.monotonic() - began, 1))


def _report(done: int, total: int) -> None:
    if done % REPORT_EVERY == 0:
        log.info("second_opinion_learning", done=done, of=total)
