"""Clause 1, fourth part: "disparages any person or group". No machine looks for it, and none ever may.

A rule against disparagement bars an opinion because it is one. This criterion has no rules; it carries the warning that
a reviewer reads before choosing this part of the clause.
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import Batch
from social_archive.policy.criterion import Criterion, Hit


class Disparages(Criterion):
    """Finds nothing, by design: what disparages is an opinion."""

    name = "disparages"
    title = "Disparaging a person or group (1d): a legal warning, no check"
    clause = "obscene-defamatory-invasive-disparaging"
    note = (
        "Stop before you choose this clause. Removing a comment because it disparages somebody is viewpoint "
        'discrimination: "giving offense is a viewpoint" (Matal v. Tam, 582 U.S. 218 (2017)). Official comment threads '
        "are limited public forums, in which restrictions have to be viewpoint-neutral (Krasno v. Mnookin, 7th Cir. "
        "2025, "
        'binding in Illinois), and "sole discretion" in a policy does not change that. Ask counsel first. If the '
        "comment is a threat, or tells a private fact, decide by that clause instead."
    )
    rules = ()

    def find(self, batch: Batch) -> Iterator[Hit]:
        return iter(())
