"""How little does this comment share with what it stands under? A weak number, for people who want to look.

Off by default. No list of topics or words decides anything here: courts have struck down such lists (PETA v. Tabak, 109
F.4th 627 (D.C. Cir. 2024); Krasno v. Mnookin (7th Cir. 2025), which binds in Illinois). A person who calls a comment
off-topic has to say by which standard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from social_archive.config_schedule import Model
from social_archive.policy.batch import Batch, Rows
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.text import fold_all
from social_archive.policy.trade.links import SHOWN

APART: Final = Rule(
    "off-topic.overlap", 1, "weak",
    "Shares {shared} of its {count} longer words with the post above it; that alone says nothing, and a person "
    "who calls "
    "it off-topic has to say by which standard.",
)  # fmt: skip
REPEATED: Final = Rule(
    "off-topic.copies", 1, "weak",
    "The same text stands in {copies} other threads, so it may not be about this one; people with one concern "
    "write so, "
    "and a person has to say by which standard it would be off-topic.",
)  # fmt: skip

READ: Final = 5000
"""Characters of each text that are compared."""
_STOP: Final = pa.array(sorted(ENGLISH_STOP_WORDS), type=pa.large_string())


class OffTopic(Criterion):
    """Word overlap with the post at the top of the thread."""

    name = "off-topic"
    title = "Off-topic (word overlap, weak)"
    clause = "off-topic"
    on = False
    note = (
        "This is a number and no judgement: replies to other comments, jokes, and other languages than the "
        "post's share no "
        "words with it and are on topic. The rule against off-topic comments was struck down where it was enforced "
        "by keywords (PETA v. Tabak; Krasno v. Mnookin, binding in Illinois). State the standard before you apply it."
    )
    rules = (APART, REPEATED)

    class Settings(Model):
        """`share`: of the comment's longer words, at most so many in the post. `words`: it has at least so many, and
        the post half as many. `copies`: other threads with the same text."""

        share: float = Field(0.0, ge=0, lt=1)
        words: int = Field(8, ge=5)
        copies: int = Field(3, ge=1)

    def find(self, batch: Batch) -> Iterator[Hit]:
        asked = np.flatnonzero([bool(post) for post in batch.thread])
        count, shared, posted = _overlap(batch, asked)
        enough = (count >= self.settings.words) & (posted >= self.settings.words / 2)
        for place in np.flatnonzero(enough & (shared <= self.settings.share * count)):
            said = {"shared": int(shared[place]), "count": int(count[place])}
            yield _hit(batch, int(asked[place]), APART, said)
        for row in np.flatnonzero(batch.copies >= self.settings.copies).tolist():
            yield _hit(batch, row, REPEATED, {"copies": int(batch.copies[row])})


def _hit(batch: Batch, row: int, rule: Rule, said: dict[str, int]) -> Hit:
    return Hit(row, rule, 0, min(len(batch.folded[row].text), SHOWN), said)


def _overlap(batch: Batch, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """For each of the rows: its different longer words, how many of them the post has, and how many the post has."""
    posts = list(dict.fromkeys(batch.thread[row] for row in rows))
    number = {post: place for place, post in enumerate(posts)}
    post_of = np.array([number[batch.thread[row]] for row in rows], dtype=np.int64)
    texts = [batch.folded[row].text for row in rows] + [folded.text for folded in fold_all(posts)]
    where, words = _words(texts)
    in_post = where >= len(rows)
    span = int(words.max(initial=0)) + 1
    of_posts = (where[in_post] - len(rows)) * span + words[in_post]
    mine, said = where[~in_post], words[~in_post]
    shared = np.isin(post_of[mine] * span + said, of_posts) if len(rows) else np.zeros(0, dtype=bool)
    count = np.bincount(mine, minlength=len(rows))
    posted = np.bincount(where[in_post] - len(rows), minlength=len(posts))
    return count, np.bincount(mine[shared], minlength=len(rows)), posted[post_of] if len(rows) else count


def _words(texts: list[str]) -> tuple[Rows, Rows]:
    """Each different longer word of each text once: rows, and numbers of the words' stems."""
    read = pc.utf8_lower(pc.utf8_slice_codeunits(pa.array(texts, type=pa.large_string()), 0, READ))
    lists = pc.split_pattern_regex(read, r"[^\pL\pN]+")
    rows, words = pc.list_parent_indices(lists).to_numpy().astype(np.int64), pc.list_flatten(lists)
    keep = pc.and_(pc.greater(pc.utf8_length(words), 3), pc.invert(pc.is_in(words, value_set=_STOP)))
    kept = keep.to_numpy(zero_copy_only=False)
    stems = pc.replace_substring_regex(words.filter(keep), "(?:ies|ing|ed|es|s|y)$", "").dictionary_encode()
    pairs = np.unique(np.stack([rows[kept], stems.indices.to_numpy().astype(np.int64)], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]
