"""`archive foia letter` and `denials` as a records officer types them, on a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from social_archive.foia.letters import KINDS
from tests.social_archive.cli.conftest import Run
from tests.social_archive.foia.letters.desk import pages
from tests.social_archive.foia.scenes import library, requested

pytestmark = pytest.mark.slow

BASIS = "LOR 4(c)=It tells of an illness (invented)."


@pytest.fixture
def archive(run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    made = library(tmp_path, buckets.bucket)
    path = made.agency.folder / "agency.yaml"
    path.write_text(path.read_text().replace("slug: test", 'slug: test, address: "1 Example Lane (invented)"'))
    requested(made)
    monkeypatch.setenv("ARCHIVE_AGENCY", str(made.agency.folder))
    return run


def test_from_a_first_draft_to_an_answer_in_the_central_file(archive: Run, tmp_path: Path) -> None:
    number = archive("foia", "list", "--json").json["requests"][0]["number"]
    said = archive("foia", "letter", number, "acknowledgement", "--by", "records")
    assert "Thank you for your request" in said.out
    assert "Nothing is missing" in said.out
    bad = archive("foia", "letter", number, "denial", "--by", "records", "--set", "colour=red")
    assert bad.code == 2
    assert "conferred" in bad.err
    lacking = archive("foia", "letter", number, "denial", "--by", "records", "--send", "2031-01-01")
    assert lacking.code != 0
    assert "an exemption" in lacking.err
    today = archive("foia", "letter", number, "denial", "--by", "records", "--deny", BASIS, "--json").json
    assert (today["missing"], today["event"]) == ([], None)
    out = tmp_path / "answer.pdf"
    day = archive("foia", "show", number, "--json").json["received"]
    sent = archive("foia", "letter", number, "denial", "--by", "records", "--deny", BASIS, "--send", day,
                   "-o", str(out))  # fmt: skip
    assert "the request is answered" in sent.out, sent.err
    assert "Your request is denied" in pages(out.read_bytes())[0]
    assert "DRAFT" not in pages(out.read_bytes())[0]
    again = archive("foia", "letter", number, "denial", "--by", "records", "--deny", BASIS, "--send", day)
    assert "with this very letter" in again.err
    assert len(archive("foia", "denials", "--json").json["denials"]) == 1
    listed = archive("foia", "denials", "-o", str(tmp_path / "denials.pdf"), "--notices", str(tmp_path / "copies"))
    assert "LOR 4(c)" in listed.out
    assert "Harrow" not in listed.out
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["notice-0001.pdf"]
    assert archive("foia", "denials", "--exemption", "LOR 4(b)", "--json").json["denials"] == []


def test_help_names_every_kind_of_letter(run: Run) -> None:
    shown = " ".join(run("foia", "letter", "--help").out.split())
    assert [kind for kind in KINDS if kind not in shown] == []


def test_templates_are_listed_and_copied_to_be_edited(archive: Run, tmp_path: Path) -> None:
    listed = archive("foia", "letter", "templates", "--json").json["templates"]
    assert {"name": "partial_denial", "own": False} in listed
    copied = archive("foia", "letter", "templates", "--copy", str(tmp_path / "mine"))
    assert copied.code == 0
    assert (tmp_path / "mine" / "letter.typ").is_file()
