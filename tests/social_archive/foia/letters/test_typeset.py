"""An agency's own templates win; one that is broken says where; none reaches beyond its folder or the network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from social_archive.foia.letters import TemplateBroken, typeset
from tests.social_archive.foia.letters.desk import Desk, desk


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    made = desk(tmp_path / "agency")
    (made.folder / "letters").mkdir()
    return made


def own(here: Desk, name: str, text: str) -> Path:
    path = here.folder / "letters" / f"{name}.typ"
    path.write_text('#import "letter.typ": *\n#let d = json(bytes(sys.inputs.data))\n#show: letter.with(d)\n' + text)
    return path


def test_an_own_template_is_taken_for_pages_and_text_and_the_others_stay(here: Desk) -> None:
    before = here.draft("clarification", question=["Which?"])
    own(here, "acknowledgement", "We have it, #d.to.first(). #list([one], [two])")
    said = here.draft("acknowledgement").text
    assert "We have it, Quentin Harrow (invented)." in said
    assert "- one\n\n- two" in said
    assert here.draft("clarification", question=["Which?"]) == before
    assert typeset.templates(here.archive.agency)["acknowledgement"].parent == here.folder / "letters"


@pytest.mark.parametrize(("text", "said"), [
    ("#nonsense", "acknowledgement.typ:4: Typst says: unknown variable: nonsense"),
    ("#d.nonsense", "acknowledgement.typ:4: Typst says: dictionary does not contain key \"nonsense\""),
    ("#[", "acknowledgement.typ:4: Typst says: unclosed delimiter"),
    ('#read("/agency.yaml")', "acknowledgement.typ:4: Typst says: file not found"),
    ('#read("../agency.yaml")', "acknowledgement.typ:4: Typst says: file not found"),
    ('#read("../../etc/hostname")', "acknowledgement.typ:4: Typst says: path"),
    ('#import "@preview/cetz:0.3.0"', "imports a package, which would be fetched from the network"),
])  # fmt: skip
def test_a_broken_template_names_its_file_and_what_typst_says(here: Desk, text: str, said: str) -> None:
    own(here, "acknowledgement", text)
    with pytest.raises(TemplateBroken) as caught:
        here.draft("acknowledgement")
    assert said in str(caught.value)
    assert "No letter was written" in str(caught.value) or "What to do" in str(caught.value)
    assert str(here.folder / "letters") in str(caught.value)


def test_files_near_where_the_command_runs_are_out_of_reach(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.folder / "near.txt").write_text("near")
    monkeypatch.chdir(here.folder)
    assert os.path.exists("near.txt")
    own(here, "acknowledgement", '#read("/near.txt")')
    with pytest.raises(TemplateBroken, match="file not found"):
        here.draft("acknowledgement")


def test_a_template_without_the_letterhead_has_no_text_and_is_refused(here: Desk) -> None:
    (here.folder / "letters" / "acknowledgement.typ").write_text('#set document(title: "x")\nhello')
    with pytest.raises(TemplateBroken, match="says nothing as plain text"):
        here.draft("acknowledgement")


def test_ours_are_copied_to_be_edited_and_an_edited_one_stays(here: Desk) -> None:
    mine = own(here, "denial", "mine")
    copied = {path.name for path in typeset.copy(here.archive.agency, here.folder / "letters")}
    assert {"letter.typ", "partial_denial.typ", "extension.typ"} <= copied
    assert "denial.typ" not in copied
    assert mine.read_text().endswith("mine")
    assert here.draft("acknowledgement").missing == ()


def test_every_template_says_in_its_head_what_data_it_gets(here: Desk) -> None:
    for name, path in typeset.templates(here.archive.agency).items():
        head = path.read_text().split("#import")[0]
        assert head.startswith("// "), name
        assert name in ("letter", "denial_index") or "d." in head, name
