"""Any number of writers, any order of lost answers, crashes, late arrivals and rivals: every job is in the ledger once.

A state machine (Hypothesis) drives real `Ledger` objects over the store in memory that breaks on command. It finds the
shortest story that breaks the promise, if there is one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from social_archive.entry import EMPTY, Draft, Head
from social_archive.errors import StoreError
from social_archive.ledger import HeadMoved, Ledger
from social_archive.note import Signer
from tests.faults.memory_store import LIST_FAULTS, PUT_FAULTS, Bucket, Crash, MemoryStore

ORIGIN = "larkspur.example/social-records"
SIGNER = Signer(ORIGIN, b"\x07" * 32)

plans = st.lists(st.sampled_from((*PUT_FAULTS, *LIST_FAULTS)), max_size=6)


@dataclass
class Job:
    """One piece of work, as a scheduler repeats it: same transaction, new random object keys each time."""

    name: str
    since: int | None = None  # the ledger's length when the work was begun
    done: bool = False
    runs: int = 0


class Writers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bucket = Bucket()
        self.jobs: list[Job] = []
        self.heads: dict[int, Head] = {}  # what each writer remembers

    def ledger(self, plan: list[str]) -> Ledger:
        store = MemoryStore(self.bucket, list(plan), rival=self.rival)
        return Ledger(store, SIGNER, ORIGIN, sleep=lambda _: self.bucket.arrive() if len(self.jobs) % 2 else None)

    def rival(self) -> None:
        """Another writer begins and finishes in the middle of ours."""
        job = Job(f"rival{len(self.jobs)}")
        self.jobs.append(job)
        self.work(job, self.ledger([]), None)

    def work(self, job: Job, ledger: Ledger, known: Head | None) -> Head | None:
        """What an accession does: take the head, append, rebase when it moved. None if the run died."""
        job.runs += 1
        try:
            head = ledger.head(after=known)
            job.since = head.n if job.since is None else job.since
            while True:
                draft = Draft("accession", f"txn-{job.name}", [b'{"run":%d,"t":"record"}' % job.runs])
                try:
                    entry = ledger.append(draft, head, since=job.since)
                    break
                except HeadMoved:
                    head = ledger.head(after=head)
        except (Crash, StoreError):  # OutcomeUnknown is a StoreError; anything else is a defect
            return None
        job.done = True
        return entry.head

    @rule(writer=st.integers(0, 2), plan=plans)
    def new_job(self, writer: int, plan: list[str]) -> None:
        job = Job(f"job{len(self.jobs)}")
        self.jobs.append(job)
        self.run(writer, job, plan)

    @rule(writer=st.integers(0, 2), which=st.integers(0, 100), plan=plans)
    def run_again(self, writer: int, which: int, plan: list[str]) -> None:
        """A retry of an unfinished job, or a zombie's repetition of a finished one."""
        if self.jobs:
            self.run(writer, self.jobs[which % len(self.jobs)], plan)

    @rule()
    def late_requests_arrive(self) -> None:
        self.bucket.arrive()

    @rule(writer=st.integers(0, 2))
    def forget(self, writer: int) -> None:
        """A worker is replaced: it knows nothing."""
        self.heads.pop(writer, None)

    def run(self, writer: int, job: Job, plan: list[str]) -> None:
        head = self.work(job, self.ledger(plan), self.heads.get(writer))
        if head is None:
            self.heads.pop(writer, None)
        else:
            self.heads[writer] = head

    @invariant()
    def nothing_is_there_twice_and_all_that_was_reported_is_there(self) -> None:
        ledger = Ledger(MemoryStore(self.bucket), SIGNER, ORIGIN)
        counted = Counter(e.txn for e in ledger.entries())
        assert max(counted.values(), default=1) == 1
        assert all(counted[f"txn-{job.name}"] == 1 for job in self.jobs if job.done)

    def teardown(self) -> None:
        """Every job is repeated until it ends, without faults: then each is there once and the ledger verifies."""
        self.bucket.arrive()
        for job in self.jobs:
            assert self.work(job, self.ledger([]), None) is not None, "a run without faults must succeed"
        ledger = Ledger(MemoryStore(self.bucket), SIGNER, ORIGIN)
        assert Counter(e.txn for e in ledger.entries()) == Counter(f"txn-{job.name}" for job in self.jobs)
        report = ledger.verify()
        assert report.findings == []
        assert report.entries == len(self.jobs)


Writers.TestCase.settings = settings(
    max_examples=120, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestWriters = pytest.mark.slow(Writers.TestCase)


def test_the_rig_would_notice_a_writer_that_takes_412_for_a_failure() -> None:
    """A negative control: a writer that moves on after an unclear answer commits its work twice."""
    bucket = Bucket()
    careful = Ledger(MemoryStore(bucket, ["lost_reply"]), SIGNER, ORIGIN, sleep=lambda _: None)
    careful.append(Draft("accession", "txn"), EMPTY)
    naive = Ledger(MemoryStore(bucket), SIGNER, ORIGIN)
    naive.append(Draft("accession", "other"), naive.head())
    naive.append(Draft("accession", "txn"), naive.head())  # behind another entry, without `since`
    assert Counter(e.txn for e in naive.entries())["txn"] == 2
