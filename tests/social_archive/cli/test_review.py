"""`archive review` as a records officer types it, on a real store. Names and words are invented."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from social_archive.archive import Archive
from social_archive.cli import review as commands
from social_archive.config import StoreConfig
from social_archive.policy import check
from social_archive.policy.criteria.foia_request import NAMED
from social_archive.policy.criterion import Strength
from social_archive.policy.decisions import VERDICTS
from tests.social_archive.cli.conftest import Run
from tests.social_archive.policy.deciding import ASKS, REASON, policy, rid_of
from tests.social_archive.retention.scenes import comment, library, take_in

HOSTILE = f"\x1b[31mHello\x1b[0m \u202edrawkcab\u202c. {ASKS}"


def test_the_words_of_the_command_line_are_those_of_the_core() -> None:
    assert tuple(word.replace("-", "_") for word in commands.VERDICTS) == VERDICTS
    assert get_args(Strength) == commands.STRENGTHS


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    made = policy(library(tmp_path, buckets.bucket))
    post = comment(1, "Ask us anything (invented)")
    post.kind, post.author_is_account = "post", True
    asked, answer = comment(2, HOSTILE), comment(3, "Our FOIA officer will write to you")
    asked.parent_native_id = asked.root_native_id = "c1"
    answer.parent_native_id, answer.root_native_id, answer.author_is_account = "c2", "c1", True
    take_in(made, [post, asked, answer])
    check.run(made)
    return made


@pytest.fixture
def typed(archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(archive.agency.folder))
    return run


@pytest.mark.slow
def test_from_the_queue_to_a_decision_and_its_history(archive: Archive, typed: Run) -> None:
    rid = rid_of(archive, "c2")
    listed = typed("review", "list", "--json").json
    assert (listed["records"], [item["rid"] for item in listed["items"]]) == (1, [rid])
    assert listed["by_criterion"][0]["criterion"] == "foia-request"
    shown = typed("review", "show", rid[:12], "--json").json
    (finding,) = shown["findings"]
    assert finding["text"][finding["start"] : finding["end"]] == finding["quote"]
    assert [(row["depth"], row["native_id"]) for row in shown["thread"]] == [(0, "c1"), (1, "c2"), (2, "c3")]
    assert shown["decisions"] == []

    decide = ("review", "decide", rid, "--by", "records", "--rationale", REASON)
    refused = typed(*decide, "--verdict", "violation", "--json")
    assert (refused.code, refused.json["code"]) == (1, "DecisionRefused")
    assert typed("review", "decide", rid, "--by", "records", "--rationale", REASON).code == 2, "no verdict by default"
    referred = typed(*decide, "--verdict", "counsel", "--finding", finding["id"][:8], "--json").json
    assert (referred["verdict"], referred["findings"]) == ("counsel", [finding["id"]])
    assert typed("review", "list", "--json").json["records"] == 0
    assert [item["rid"] for item in typed("review", "list", "--counsel", "--json").json["items"]] == [rid]
    decided = typed(*decide, "--verdict", "violation", "--clause", "off-topic", "--json").json
    assert decided["supersedes"] == referred["id"]
    assert typed("review", "list", "--counsel").out == "Nothing is referred to counsel.\n"
    told = typed("review", "history", rid, "--json").json["decisions"]
    assert [one["id"] for one in told] == [referred["id"], decided["id"]]
    misspelt = typed("review", "list", "--criterion", "foia-requests")
    assert (misspelt.code, "did you mean 'foia-request'" in misspelt.err) == (1, True)


@pytest.mark.slow
def test_what_a_person_reads(archive: Archive, typed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    rid = rid_of(archive, "c2")
    listed, shown = typed("review", "list").out, typed("review", "show", rid).out
    assert "1 record waits for a decision, the oldest since" in listed
    for words in (
        ". ⟦Under FOIA", "⟧(1)", "‹ESC›[31mHello", "‹RLO›drawkcab", "(1) Possible FOIA request  strong evidence",
        "Keep in mind", f"rule {NAMED.id}, version {NAMED.version}", "Thread, 3 items", "this account",
        "Our FOIA officer will write", "--verdict counsel",
    ):  # fmt: skip
        assert words in shown
    no = ("--verdict", "no_violation", "--rationale", HOSTILE)
    decided = typed("review", "decide", rid, *no, "--by", "director").out
    assert "no violation" in decided
    assert "Adam Okafor (invented), Director" in decided
    assert "The record stays as it is" in decided
    again = typed("review", "show", rid).out
    assert "decided: no violation" in again
    policy_page = typed("review", "policy").out
    assert "advertising  Advertisements (invented)" in policy_page
    assert "Talk about the law is not a request." in policy_page
    for text in (listed, shown, decided, again, typed("review", "history", rid).out):
        assert "\x1b" not in text
        assert "\u202e" not in text
