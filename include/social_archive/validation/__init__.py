"""Is a batch of observations fit to become records? Bad rows go to quarantine with reasons; good ones pass.

    frame.py      observations → one small table of what is judged (sizes and times, no words)
    suite.py      the Great Expectations suites, built once per process
    verdict.py    `validate`: run the suites, part accepted from rejected, keep the evidence without personal data
    datadocs.py   Great Expectations' HTML pages of past runs, readable offline

Great Expectations and pandas (seconds to import, 270 MB) are loaded by the first batch that is not empty.
"""

from social_archive.validation.datadocs import write_data_docs
from social_archive.validation.suite import SuiteBroken
from social_archive.validation.verdict import Rejected, Verdict, merge_evidence, validate

__all__ = ["Rejected", "SuiteBroken", "Verdict", "merge_evidence", "validate", "write_data_docs"]
