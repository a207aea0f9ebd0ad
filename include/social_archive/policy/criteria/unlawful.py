"""Clause 7: words that may break a law by themselves - threats, doxxing, offers of regulated goods.

A true threat is a serious expression of intent to do unlawful violence, made at least recklessly (Counterman v.
Colorado, 600 U.S. 66 (2023)). Whether it is one, people say; what the check leaves out are figures of speech.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from social_archive.policy.batch import Batch
from social_archive.policy.criterion import Criterion, Hit, bounded
from social_archive.policy.speech.doxxing import ADDRESS, WHEREABOUTS, doxxing
from social_archive.policy.speech.regulated_goods import OFFER, offers
from social_archive.policy.speech.threats import BOMB, MENACE, THREAT, VEILED, threats


class Unlawful(Criterion):
    """Threats, doxxing, and offers of regulated goods."""

    name = "unlawful"
    title = "Threats, doxxing, sale of regulated goods (7: violation of law)"
    clause = "unlawful"
    note = (
        "Read a possible threat at once, and with its thread. Whether it is a true threat is for the police and "
        "counsel (Counterman v. Colorado, 2023): follow the library's emergency procedure, and keep the record - it is "
        "in the archive and stays there whatever happens on the site. Hyperbole about public affairs is protected "
        "(Watts v. United States, 394 U.S. 705 (1969)). Nothing is reported, hidden or answered automatically."
    )
    rules = (THREAT, MENACE, VEILED, BOMB, WHEREABOUTS, ADDRESS, OFFER)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(chain(threats(batch), doxxing(batch), offers(batch)))
