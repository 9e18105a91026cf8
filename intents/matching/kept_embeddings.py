"""Embeddings of sentences, kept on disk by their content, so that only what is new is embedded.

One file for each embedder lies beside the trained weights (kept_weights). What can't be read or written is embedded again.
"""

import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from intents.matching.features import FloatArray
from intents.matching.kept_weights import cache_folder

MAX_KEPT = 40_000
"""So many embeddings are kept at most, about 30 MB: those in use, and of others the latest, since a FAQ is edited and undone."""
SAVE_EVERY = 1_000
"""After so many new embeddings the file is written, so that a process that ends early hasn't worked for nothing."""
_DIGEST_BYTES = 16
_Kept = dict[bytes, NDArray[np.float16]]
Progress = Callable[[int, int], None]
"""Is told how many of the new sentences are embedded, and how many there are."""


class Embedder(Protocol):
    """Turns a sentence into numbers that are close for sentences of like meaning; for one thread at a time."""

    name: str
    """Names the model and its version: embeddings of another name aren't comparable."""

    def embed(self, text: str) -> FloatArray:
        """The embedding of a sentence, of length 1."""


class StoppedError(Exception):
    """The work was called off before its end; what was done is kept."""


def untold(_done: int, _total: int) -> None:
    """Progress that nobody waits for."""


def unstopped() -> bool:
    """Work that nobody calls off."""
    return False


def embed_all(
    embedder: Embedder,
    texts: Sequence[str],
    progress: Progress = untold,
    stopped: Callable[[], bool] = unstopped,
) -> FloatArray:
    """The embeddings of texts, a row each; raises StoppedError.

    Args:
        embedder: what embeds.
        texts: the sentences.
        progress: is told before each new one.
        stopped: asked before each new one whether to give up.
    """
    path = cache_folder() / f"{embedder.name}.npz"
    kept = _read(path)
    keys = [_digest(text) for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
    try:
        for done, (key, text) in enumerate(new.items()):
            if stopped():
                raise StoppedError
            progress(done, len(new))
            # As it will be read, so that a later start learns the same.
            kept[key] = embedder.embed(text).astype(np.float16)
            if done % SAVE_EVERY == SAVE_EVERY - 1:
                _write_quietly(path, kept, keys)
    finally:
        if new:
            _write_quietly(path, kept, keys)
    return np.stack([kept[key] for key in keys]).astype(np.float32)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def _read(path: Path) -> _Kept:
    try:
        # Opened here, since of a damaged file np.load leaves it open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            keys, embeddings = file["keys"], file["embeddings"]
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return {}
    usable = keys.dtype == np.uint8 and keys.ndim == embeddings.ndim == 2 and keys.shape[1] == _DIGEST_BYTES  # noqa: PLR2004
    if not usable or len(keys) != len(embeddings) or embeddings.dtype != np.float16:
        return {}
    return {key.tobytes(): row for key, row in zip(keys, embeddings, strict=True)}


def _write_quietly(path: Path, kept: _Kept, used: Sequence[bytes]) -> None:
    """As a whole or not at all; a folder that can't be written, or a full disk, costs the next start its minutes, nothing else."""
    in_use = {key for key in used if key in kept}
    others = [key for key in kept if key not in in_use]
    room = max(0, MAX_KEPT - len(in_use))
    order = [*others[len(others) - min(room, len(others)) :], *sorted(in_use)]
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                keys = np.frombuffer(b"".join(order), dtype=np.uint8).reshape(-1, _DIGEST_BYTES)
                np.savez(file, keys=keys, embeddings=np.array([kept[key] for key in order], dtype=np.float16))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
