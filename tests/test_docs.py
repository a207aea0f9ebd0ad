"""The documents say what the code does: every command, setting, platform, DAG, state, finding; links lead somewhere."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from social_archive import record
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.entry import EMPTY, Draft
from social_archive.errors import PlatformError
from social_archive.ledger import Ledger
from social_archive.merkle import TreeReader
from social_archive.note import Signer
from social_archive.platforms import registry
from social_archive.proof import make_proof, verify_proof
from social_archive.store import ledger_policy
from tests.agencies import agency_folder
from tests.faults.memory_store import Bucket, MemoryStore
from tests.scripted import Item, Script, Scripted
from tests.social_archive.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.social_archive.test_proof import ORIGIN, SIGNER, leaf, version

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return load("generate")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# --------------------------------------------------------------------------- the generated tables


@pytest.mark.slow
def test_the_generated_tables_are_up_to_date() -> None:
    """In a process of its own: it loads the DAGs in an AIRFLOW_HOME of its own."""
    done = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_table_has_its_place_in_a_page(generate: ModuleType) -> None:
    pages = "".join(text(name) for name in ("README.md", "docs/reference.md", "docs/policy.md"))
    marked = set(re.findall(r"<!-- generated: (\w+) -->", pages))
    assert marked == set(generate.TABLES)
    assert "<!-- generated: dags -->" in text("README.md")


def test_a_table_that_is_out_of_date_is_made_anew(generate: ModuleType) -> None:
    stale = "before\n<!-- generated: commands -->\n| `archive seek` |\n<!-- end -->\nafter\n"
    made = generate.renewed(stale)
    assert "archive seek" not in made
    assert "| `archive find [TEXT]` |" in made
    assert (made.startswith("before\n"), made.endswith("<!-- end -->\nafter\n")) == (True, True)


def test_every_setting_of_every_file_is_explained_and_nothing_else(generate: ModuleType) -> None:
    there = {f"{name}.{key}" for model, name in generate.models().values() for key in model.model_fields}
    assert set(generate.MEANING) == there
    reference = text("docs/reference.md")
    for path in [*(ROOT / "include" / "agency").glob("*.yaml"), *(ROOT / "include/sandbox/agency").glob("*.yaml")]:
        assert f"{path.name}:" in reference


def test_every_environment_variable_that_the_code_reads_is_explained(generate: ModuleType) -> None:
    sources = [*(ROOT / "include/social_archive").rglob("*.py"), *(ROOT / "plugins").rglob("*.py"),
               *(ROOT / "dags").glob("*.py")]  # fmt: skip
    named = {name for path in sources for name in re.findall(r"\bARCHIVE_[A-Z0-9_]*[A-Z0-9]\b", path.read_text())}
    named -= {"ARCHIVE_S3"}  # the beginning of four of them
    compose = set(re.findall(r"\$\{([A-Z0-9_]+)", text("docker-compose.yaml")))
    assert named | compose <= set(generate.ENVIRONMENT)
    assert set(generate.ENVIRONMENT) <= named | compose | {"AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_RECORDS_PASSWORD"}


def test_every_platform_is_documented_with_what_it_needs_and_on_what_basis() -> None:
    reference = text("docs/reference.md")
    for name, cls in registry().items():
        assert f"| `{name}` | {cls.title} |" in reference
        assert cls.legal_basis in reference
        for field in cls.credentials:
            assert f"`{'secrets' if field.secret else 'settings'}.{field.name}`" in reference


# --------------------------------------------------------------------------- what the pages promise


def shown_commands(page: Path) -> Iterator[tuple[str, str]]:
    """(`archive` or `make`, what follows) for each command in a page's code."""
    content = page.read_text(encoding="utf-8")
    code = re.findall(r"^```sh\n(.*?)^```", content, re.MULTILINE | re.DOTALL)
    lines = [line for block in code for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", content)
    for line in lines:
        for part in re.split(r"&&|\|", line.split("   #")[0].split("  #")[0]):
            if found := re.match(r"(?:docker compose exec worker )?(archive|make) (.+)", part.strip()):
                yield found[1], found[2]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_in_a_page_exist_with_the_options_shown(page: Path, generate: ModuleType) -> None:
    known = dict(generate.commands())
    groups = {name.split(" ")[0] for name in known if " " in name}  # of some, one command need not be named
    targets = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))
    for program, rest in shown_commands(page):
        words = rest.split()
        if program == "make":
            assert words[0] in targets, rest
            continue
        words = words[2:] if words[0] in ("--agency", "--state") else words[words[0] == "--debug" :]
        if words[0].startswith(("--", "…")) or (words[0] in groups and len(words) == 1):
            continue
        name = " ".join(words[:2]) if words[0] in groups and " ".join(words[:2]) in known else words[0]
        assert name in known, rest
        options = {option for p in known[name].params for option in (*p.opts, *p.secondary_opts)} | {"--help"}
        given = {word.split("=")[0] for word in words if re.match(r"-{1,2}[a-z]", word)}
        assert given <= options, rest


def anchors(page: Path) -> set[str]:
    """GitHub's anchors of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_to_something(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(aim), f"{page.name}: {target}"


def test_pictures_load_nothing_from_elsewhere() -> None:
    for picture in (DOCS / "images").glob("*.svg"):
        assert not re.search(r"(?:href=|url\(|src:)\s*[\"']?https?:", picture.read_text(encoding="utf-8")), picture.name


def test_the_records_officer_is_told_every_state_and_every_reason_for_a_gap() -> None:
    page = text("docs/records-officer.md")
    for state in record.STATES:
        assert f"| {state.replace('_', ' ').replace('missing ', 'missing, ')} |" in page
    reasons = {cls.gap_reason for cls in subclasses(PlatformError)} | {"thread_limit", "replies_withheld"}
    for source in ("bluesky_thread.py", "mastodon.py", "bluesky.py"):
        code = text(f"include/social_archive/platforms/{source}")
        reasons |= set(re.findall(r"(?:shortfall =|return) \"([a-z]+_[a-z_]+)\"", code))
    for reason in reasons:
        assert reason.replace("_", " ") in page, reason


def subclasses(cls: type[PlatformError]) -> Iterator[type[PlatformError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from subclasses(child)


def test_the_auditor_is_told_every_finding() -> None:
    code = text("include/social_archive/ledger_audit.py") + text("include/social_archive/entry.py")
    codes = set(re.findall(r"_find\([^,]+, \"(\w+)\"|BadEntry\(\s*\"(\w+)\"", code))
    page = text("docs/auditor.md")
    found = {one for pair in codes for one in pair if one}
    assert len(found) > 15
    for one in found:
        assert f"`{one}`" in page, one


def test_it_is_told_the_ledger_policy_that_the_code_sets() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", text("docs/it.md"), re.DOTALL)
    assert json.loads(shown) == ledger_policy("NAME-ledger")


def test_every_committed_field_is_in_the_proofs_format_and_no_other_is_ever_named() -> None:
    _, fields = text("docs/proof-format.md").split("## The proof of a disposal")[0].split("### Fields")
    named = re.findall(r"^\| (`.+?) \|", fields, re.MULTILINE)
    assert {name for row in named for name in re.findall(r"`(\w+)`", row)} == set(record.COMMITTED)
    for page in PAGES:
        for listed in re.findall(r"--reveal ([\w,]+)", page.read_text(encoding="utf-8")):
            assert set(listed.split(",")) <= set(record.COMMITTED), page.name


# --------------------------------------------------------------------------- verifiers that use nothing of ours

Proof = dict[str, Any]
Check = Callable[[Proof, str | None], bool]


def ledger_of(entries: int = 3, per_entry: int = 5) -> tuple[MemoryStore, list[Any], list[Any]]:
    store = MemoryStore(Bucket())
    ledger, head = Ledger(store, SIGNER, ORIGIN), EMPTY
    rows = [version(i) for i in range(entries * per_entry)]
    appended = []
    for n in range(entries):
        leaves = [leaf(v) for v in rows[n * per_entry : (n + 1) * per_entry]]
        appended.append(ledger.append(Draft("accession", f"t{n}", leaves), head))
        head = appended[-1].head
    return store, rows, appended


@pytest.fixture(scope="module")
def proofs() -> list[Proof]:
    """Whole and redacted proofs of invented records with difficult text."""
    _, rows, entries = ledger_of()
    tree = TreeReader([h for e in entries for h in e.hashes])
    made = []
    for i, reveal in [(0, None), (4, {"body"}), (7, {"native", "origin", "media"}), (14, set())]:
        row = record.table([rows[i]]).to_pylist()[0]
        entry = entries[i // 5]
        proof = make_proof(row, entry, entry.first_leaf + 1 + i % 5, tree, vkey=SIGNER.vkey, reveal=reveal)
        made.append(json.loads(json.dumps(proof)))
    return made


@pytest.fixture(scope="module")
def standalone() -> Check:
    module = load("verify_proof_standalone")

    def holds(proof: Proof, vkey: str | None = None) -> bool:
        try:
            module.check(proof, vkey)
        except (module.Bad, module.InvalidSignature, KeyError, ValueError, TypeError, AttributeError):
            return False
        return True

    return holds


def test_the_strangers_verifier_accepts_what_the_archive_proves(proofs: list[Proof], standalone: Check) -> None:
    for proof in proofs:
        assert standalone(proof, SIGNER.vkey)
        assert standalone(proof, None)


def alterations(proof: Proof) -> Iterator[tuple[str, Proof]]:
    """The proof with one thing changed, in every place that carries evidence."""

    def altered(what: str, change: Callable[[Proof], Any]) -> tuple[str, Proof]:
        other = copy.deepcopy(proof)
        change(other)
        return what, other

    for i, field in enumerate(proof["fields"]):
        for part in ("salt", "commitment"):
            if part in field:
                yield altered(f"{part} of {field['name']}", lambda p, i=i, part=part: flip(p["fields"][i], part))
        if "value" in field:
            yield altered(f"value of {field['name']}", lambda p, i=i: p["fields"][i].update(value={"s": "never said"}))
        yield altered(f"without {field['name']}", lambda p, i=i: p["fields"].pop(i))
    for i in range(len(proof["inclusion"])):
        yield altered(f"path {i}", lambda p, i=i: flip(p["inclusion"], i))
    yield altered("longer path", lambda p: p["inclusion"].append("00" * 32))
    yield altered("shorter path", lambda p: p["inclusion"].pop())
    yield altered("place", lambda p: p.update(leaf_index=p["leaf_index"] + 1))
    yield altered("record", lambda p: p["record"].update(ver=2))
    yield altered("leaf", lambda p: p.update(leaf=p["leaf"].replace('"ver":1', '"ver":2')))
    yield altered("size", lambda p: p.update(checkpoint=re.sub(r"\n(\d+)\n", r"\n1\1\n", p["checkpoint"], count=1)))
    yield altered("key", lambda p: p.update(vkey=Signer(ORIGIN, b"\x06" * 32).vkey))
    yield altered("format", lambda p: p.update(format="another"))


def flip(container: Any, key: Any) -> None:
    text = container[key]
    container[key] = ("1" if text[0] == "0" else "0") + text[1:]


def test_the_strangers_verifier_and_ours_refuse_every_alteration(proofs: list[Proof], standalone: Check) -> None:
    tried = 0
    for proof in proofs:
        for what, other in alterations(proof):
            assert not verify_proof(other).ok, what
            assert not standalone(other, None), what
            tried += 1
    assert tried > 80


def test_the_strangers_verifier_wants_the_published_key(proofs: list[Proof], standalone: Check) -> None:
    assert not standalone(proofs[0], Signer(ORIGIN, b"\x06" * 32).vkey)


def program(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it as a stranger would: none of the archive's code can be imported."""
    code = (
        "import runpy, sys; sys.modules.update(dict.fromkeys(['social_archive', 'sandbox', 'msgspec', 'pyarrow']));"
        f"sys.path.insert(0, {str(DOCS)!r}); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-c", code, str(DOCS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_strangers_program_needs_nothing_of_ours(proofs: list[Proof], tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proofs[0]))
    done = program("verify_proof_standalone.py", file, SIGNER.vkey)
    assert (done.returncode, "The proof holds" in done.stdout) == (0, True), done.stderr
    file.write_text(json.dumps(proofs[0]).replace('"format"', '"format": 1, "format"', 1))
    done = program("verify_proof_standalone.py", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "twice" in done.stderr


@pytest.fixture
def ledger_copy(tmp_path: Path) -> Path:
    """A ledger's entries as files: three of records, one that hands over to a new key, one by that key."""
    store, _, entries = ledger_of()
    ledger = Ledger(store, SIGNER, ORIGIN)
    handed_over = ledger.rotate(Signer(ORIGIN, b"\x07" * 32), entries[-1].head)
    ledger.append(Draft("accession", "after", [leaf(version(99))]), handed_over.head)
    folder = tmp_path / "entries"
    folder.mkdir()
    for v in store.versions("entries/"):
        (folder / Path(v.key).name).write_bytes(store.read(v.key, v.version_id)[0])
    return folder


def test_the_strangers_replay_agrees_with_ours(ledger_copy: Path) -> None:
    done = program("verify_ledger_standalone.py", ledger_copy, SIGNER.vkey)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 entries, 21 leaves, root ")
    last = (ledger_copy / f"{4:020d}.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["checkpoint"] in done.stdout


@pytest.mark.parametrize("harm", ["altered", "removed", "exchanged", "shortened", "foreign key"])
def test_the_strangers_replay_refuses_a_harmed_ledger(ledger_copy: Path, harm: str) -> None:
    first, second = ledger_copy / f"{1:020d}.jsonl", ledger_copy / f"{2:020d}.jsonl"
    key = SIGNER.vkey
    if harm == "altered":
        first.write_bytes(first.read_bytes().replace(b'"ver":1', b'"ver":9', 1))
    elif harm == "removed":
        first.unlink()
    elif harm == "exchanged":
        one, two = first.read_bytes(), second.read_bytes()
        first.write_bytes(two)
        second.write_bytes(one)
    elif harm == "shortened":
        lines = first.read_bytes().split(b"\n")
        first.write_bytes(b"\n".join([*lines[:2], *lines[3:]]))
    else:
        key = Signer(ORIGIN, b"\x06" * 32).vkey
    done = program("verify_ledger_standalone.py", ledger_copy, key)
    assert (done.returncode, done.stdout) == (1, "")
    assert "does not verify" in done.stderr


@pytest.mark.slow
def test_the_strangers_program_opens_what_archive_prove_wrote(
    run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    script = Script(Item(id="p1", text="Summer reading starts on Monday"), Item(id="p2", text="📚 \u202eclosed \x01"))
    monkeypatch.setenv("ARCHIVE_AGENCY", str(agency_folder(tmp_path / "agency", buckets.bucket)))
    monkeypatch.setattr(Archive, "adapter", lambda self, account: Scripted(script))
    assert run("harvest").code == 0
    whole, redacted = tmp_path / "whole.json", tmp_path / "redacted.json"
    assert run("prove", "p2", "-o", str(whole)).code == 0
    assert run("prove", "p2", "-o", str(redacted), "--reveal", "body,times").code == 0
    vkey = json.loads(whole.read_text())["vkey"]
    for file in (whole, redacted):
        assert program("verify_proof_standalone.py", file, vkey).returncode == 0
        file.write_text(file.read_text().replace("closed", "opened"))
        assert program("verify_proof_standalone.py", file, vkey).returncode == 1
