"""The rules that only warn; skipped where a file is loaded just to answer from it."""

from intents.checks import characters, claims, readability
from intents.checks.raw_faq import Rule

ADVICE: tuple[Rule, ...] = (
    characters.invisible,
    characters.look_alikes,
    characters.garbled,
    characters.mixed_script,
    characters.punctuation,
    characters.numbered_lines,
    characters.markup,
    readability.missing_parts,
    readability.line_counts,
    readability.summary_length,
    readability.sentence_length,
    readability.title_length,
    readability.answer_length,
    readability.channel_length,
    claims.promises,
    claims.hotlines,
)
