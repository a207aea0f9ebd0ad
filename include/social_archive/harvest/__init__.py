"""One account, one run: pull what the platform shows, validate it, take it in.

`run` does the three in one process, piece by piece. A scheduler calls them one after the other (`pull`, `validate`,
`accession`); then the pieces wait in the staging bucket in between, and only keys and counts travel.
"""

from social_archive.harvest.report import GapNotice, HarvestReport, Pulled, Validated
from social_archive.harvest.steps import accession, pull, run, validate
from social_archive.harvest.walked import Walked

__all__ = ["GapNotice", "HarvestReport", "Pulled", "Validated", "Walked", "accession", "pull", "run", "validate"]
