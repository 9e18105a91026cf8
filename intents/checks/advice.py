"""The rules that only ever warn, which nobody who just wants to answer from the file needs to wait for."""

from intents.checks import claims, letters, reading
from intents.checks.raw_faq import Rule

ADVICE: tuple[Rule, ...] = (
    letters.invisible,
    letters.look_alikes,
    letters.garbled,
    letters.mixed_script,
    letters.punctuation,
    letters.numbered_lines,
    letters.markup,
    reading.missing_parts,
    reading.line_counts,
    reading.summary_length,
    reading.sentence_length,
    reading.title_length,
    reading.answer_length,
    reading.channel_length,
    claims.promises,
    claims.hotlines,
)
