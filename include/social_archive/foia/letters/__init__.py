"""What the body writes to a requester: letters on its letterhead, each with what the law wants in it."""

from social_archive.foia.letters.answering import (
    PDF,
    PUBLIC,
    TEXT,
    answer,
    answer_letter,
    answering_letter,
    enter,
    letters,
    require_not_sent,
)
from social_archive.foia.letters.compose import draft
from social_archive.foia.letters.denied import response_kind
from social_archive.foia.letters.facts import FACTS, SEVERAL
from social_archive.foia.letters.model import KINDS, Denied, Kind, Letter, Outcome
from social_archive.foia.letters.typeset import TemplateBroken

__all__ = [
    "FACTS", "KINDS", "PDF", "PUBLIC", "SEVERAL", "TEXT", "Denied", "Kind", "Letter", "Outcome", "TemplateBroken",
    "answer", "answer_letter", "answering_letter", "draft", "enter", "letters", "require_not_sent", "response_kind",
]  # fmt: skip
