"""What every platform must hold against its stand-in: what is archived equals what the platform really shows.

One archive per platform lives through the tests of this file: harvested once from the beginning, then again after
every change, as an account's archive is. A new platform needs a stand-in, an entry in the sample agency and a contract
(`tests/contracts/<name>.py`, or `no_contract` there with the reason), and is tested here without another line.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sandbox.control import Control, running
from sandbox.folder import environment
from sandbox.platforms import registry as stand_ins
from social_archive.config import StoreConfig
from social_archive.harvest import HarvestReport
from social_archive.platforms import registry
from social_archive.platforms.http import Answer, Http
from social_archive.record import storable
from social_archive.stack.seaweed import Seaweed
from social_archive.store import ensure_buckets
from tests.faults import canary
from tests.faults.sandbox_library import Place, secrets
from tests.faults.soundness import assert_sound, latest, rows_of

pytestmark = pytest.mark.slow

PLATFORMS = [name for name in stand_ins() if name not in ("mastodon", "bluesky")]  # those two meet real servers
SHOWN = ("present", "hidden", "held_for_review")
ALWAYS = 10_000


@dataclass
class Recorder:
    """Every answer of the platform's own API that the adapter got, and what it had asked."""

    answers: list[tuple[str, str, dict[str, str], Answer]] = field(default_factory=list)

    def http(self, **options: Any) -> Http:
        made = Http(**options)
        judged = made._judged

        def recorded(how: Any, response: httpx.Response, body: bytes) -> Answer:
            answer = judged(how, response, body)
            parts = urlsplit(str(response.request.url))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self.answers.append((response.request.method, parts.path, query, answer))
            return answer

        made._judged = recorded  # type: ignore[method-assign]
        return made


@dataclass
class Lived:
    """One platform's account with its archive, and what was said on the wire."""

    name: str
    place: Place
    recorder: Recorder
    fresh: Path
    first: HarvestReport | None = None

    @property
    def control(self) -> Control:
        return self.place.control

    def harvest(self) -> HarvestReport:
        return self.place.harvest()

    def things(self) -> dict[str, dict[str, Any]]:
        """The latest version of every post, comment and reply."""
        kinds = ("gap", "profile", "setting")
        return {i: row for i, row in latest(rows_of(self.place.archive)).items() if row["kind"] not in kinds}

    def truth(self) -> dict[str, dict[str, Any]]:
        return {item["id"]: item for item in self.place.truth()}

    def sound(self, moment: str) -> None:
        rows = assert_sound(self.place.archive, self.fresh / moment)
        assert rows
        assert canary.found(secrets(), canary.in_buckets(self.place.archive)) == []
        assert canary.found(secrets(), canary.in_folder(self.place.folder / "state")) == []

    def agrees(self) -> None:
        """All that the platform shows is archived as it is, nothing else is, and what went is known to be gone."""
        things, truth = self.things(), self.truth()
        shown = {i: t for i, t in truth.items() if t["state"] in SHOWN and not t["malformed"]}
        assert {i for i, t in things.items() if t["state"] in SHOWN} == set(shown)
        for native_id, thing in things.items():
            real = truth[native_id]
            found = (thing["parent_native_id"], thing["root_native_id"] or native_id, thing["state"])
            assert found == (real["parent"], real["root"] or native_id, real["state"]), native_id
            if thing["state"] in SHOWN:
                assert (storable(real["text"]) or "") in (thing["body"] or ""), native_id


@pytest.fixture(scope="module", params=PLATFORMS)
def lived(
    request: pytest.FixtureRequest, object_store: StoreConfig, weed: Seaweed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    config = object_store.model_copy(update={"bucket": f"t-every-{name}-{folder.name[-6:].strip('-_')}".lower()})
    ensure_buckets(config, client=weed.client("admin"))
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch, running(folder / "sandbox", only=[name]) as urls:
        for variable, value in environment().items():
            patch.setenv(variable, value)
        place = Place.made(folder, urls, config.bucket, f"larkspur-{name}")
        patch.setattr(
            "social_archive.archive.Http", partial(recorder.http, clock=place.clock, sleep=place.clock.sleep)
        )
        yield Lived(name, place, recorder, folder)


@pytest.fixture(autouse=True)
def calm(lived: Lived) -> Iterator[None]:
    """The platform is in order before and after, and what it has shown by then is archived."""
    lived.control.calm()
    lived.control.renew_tokens()
    lived.first = lived.first or lived.harvest()
    yield
    lived.control.calm()
    lived.control.renew_tokens()


# --------------------------------------------------------------------------- a good day


def test_the_first_harvest_equals_the_platforms_truth(lived: Lived) -> None:
    assert lived.first is not None
    assert (lived.first.outcome, lived.first.message) == ("ok", "")
    lived.agrees()
    lived.sound("first")
    things = lived.things().values()
    pictures = [m for thing in things for m in thing["media"] or ()]
    assert all(medium["outcome"] == "stored" for medium in pictures)
    assert all(thing["native"] and thing["endpoint"] and thing["response_sha256"] for thing in things)
    assert any(thing["author_is_account"] for thing in things)


def test_a_second_harvest_writes_nothing(lived: Lived) -> None:
    report = lived.harvest()
    assert (report.outcome, report.entries, report.wrote) == ("ok", [], 0)


def test_the_profile_is_a_record_and_a_new_bio_a_version_of_it(lived: Lived) -> None:
    lived.control.describe("larkspur", "A new bio. (Invented.) Comments here are public records.")
    report = lived.harvest()
    assert (report.changed, report.new) == (1, 0)
    profiles = [row for row in rows_of(lived.place.archive) if row["kind"] == "profile"]
    assert [row["version"] for row in profiles] == [1, 2]
    assert "A new bio." in profiles[-1]["body"]


def test_what_is_new_comes_in_and_nothing_else(lived: Lived) -> None:
    post = lived.control.post("larkspur", "The north window is mended. (invented)", image="A window.")
    answer = has_comments(lived) and lived.control.reply(post["id"], "mara", "At last, the light! (invented)")
    report = lived.harvest()
    assert (report.new, report.changed, report.deleted) == (2 if answer else 1, 0, 0)
    lived.agrees()


def test_an_edit_is_a_new_version_and_the_old_one_stays(lived: Lived) -> None:
    edited = editable(lived)
    before = lived.things()[edited]["body"]
    lived.control.edit(edited, "On second thought: it was wonderful. (invented)")
    report = lived.harvest()
    assert (report.changed, report.new) == (1, 0)
    versions = [body for _, body in lived.place.history(edited)]
    assert before in versions[:-1]
    assert "On second thought" in (versions[-1] or "")
    lived.agrees()


def test_a_deletion_is_a_state_with_the_platforms_answer_as_evidence(lived: Lived) -> None:
    doomed = editable(lived)
    lived.control.delete(doomed)
    lived.harvest()
    thing = lived.things()[doomed]
    assert thing["state"] == lived.truth()[doomed]["state"]
    assert thing["native"]
    assert thing["endpoint"]
    lived.agrees()
    assert lived.harvest().wrote == 0


def test_a_deleted_post_and_what_stood_under_it_are_told_apart_by_what_the_platform_says(lived: Lived) -> None:
    truth = lived.truth()
    parents = {item["parent"] for item in truth.values()}
    posts = [i for i, t in truth.items() if not t["parent"] and t["state"] == "present" and t["author"] == "larkspur"]
    doomed = max(posts, key=lambda i: (i in parents, truth[i]["created"]))
    lived.control.delete(doomed)
    lived.harvest()
    assert lived.things()[doomed]["state"] == lived.truth()[doomed]["state"]
    lived.agrees()
    assert lived.harvest().wrote == 0


def test_a_hidden_comment_is_kept_with_its_state(lived: Lived) -> None:
    if not has_comments(lived):
        pytest.skip(f"{lived.name} shows no comments")
    hidden = editable(lived)
    lived.control.hide(hidden)
    lived.harvest()
    lived.agrees()
    lived.control.hide(hidden, hidden=False)
    lived.harvest()
    lived.agrees()


# --------------------------------------------------------------------------- the vendor's contract


def test_what_was_said_on_the_wire_is_in_the_vendors_contract(lived: Lived) -> None:
    contract = importlib.import_module(f"tests.contracts.{lived.name}")
    if hasattr(contract, "no_contract"):
        pytest.skip(contract.no_contract)
    assert len(lived.recorder.answers) > 5
    for method, path, query, answer in lived.recorder.answers:  # up to here nothing was spoilt on purpose
        if contract.concerns(method, path):
            assert contract.unknown_parameters(path, query) == [], path
            if answer.status == 200:
                assert contract.problems_of(path, query, json.loads(answer.body)) == [], path


def test_the_adapter_says_what_it_needs_and_on_what_terms_it_reads(lived: Lived) -> None:
    cls = registry()[lived.name]
    assert cls.legal_basis
    assert cls.storage_terms
    assert cls.scopes or not [f for f in cls.credentials if f.secret and f.required]
    assert all(scope.name and scope.why for scope in cls.scopes)
    for word in ("What it reads.", "Limits.", "Traps.", "Token."):
        assert f"**{word}**" in (cls.__doc__ or ""), word


# --------------------------------------------------------------------------- bad days


def test_a_throttle_in_the_platforms_own_dialect_parks_the_account(lived: Lived) -> None:
    served = len(lived.recorder.answers)
    lived.control.fault("throttle", count=ALWAYS, retry_after=7200)
    report = lived.harvest()
    assert (report.outcome, [g.reason for g in report.gaps]) == ("partial", ["throttled"])
    assert report.regain_at is not None
    assert lived.control.state()["faults"][0]["count"] >= ALWAYS - 2, "asking again would lengthen the block"
    assert len(lived.recorder.answers) - served <= 1
    lived.control.calm()
    assert any(gap.closed for gap in lived.harvest().gaps)
    lived.agrees()


def test_a_dead_login_leaves_a_gap_and_the_next_login_closes_it(lived: Lived) -> None:
    lived.control.expire_tokens("larkspur")
    blind = lived.harvest()
    assert (blind.outcome, [g.reason for g in blind.gaps]) == ("paused", ["login_expired"])
    problems = lived.place.archive.adapter(lived.place.archive.account(lived.place.account)).check()
    assert problems
    assert all(problem.what and problem.remedy for problem in problems)
    assert canary.found(secrets(), [("problems", repr(problems).encode())]) == []
    lived.control.renew_tokens()
    assert any(gap.closed for gap in lived.harvest().gaps)
    lived.agrees()


def test_an_answer_that_is_none_is_never_no_posts(lived: Lived) -> None:
    before = {i: t["state"] for i, t in lived.things().items()}
    for kind in ("html", "empty", "truncate", "garbage"):
        lived.control.calm()
        lived.control.fault(kind, count=ALWAYS)
        report = lived.harvest()
        assert report.outcome == "partial", kind
        assert report.gaps, kind
        assert not report.gaps[0].closed, kind
    assert {i: t["state"] for i, t in lived.things().items()} == before
    lived.control.calm()
    assert lived.harvest().outcome == "ok"
    lived.agrees()


def test_paging_in_circles_is_noticed(lived: Lived) -> None:
    lived.control.fault("cursor_loop", count=ALWAYS)
    report = lived.harvest()
    if report.outcome == "ok":
        pytest.skip(f"{lived.name} has no cursor that could go in circles here")
    assert [g.reason for g in report.gaps] == ["cursor_loop"]
    lived.control.calm()
    assert any(gap.closed for gap in lived.harvest().gaps)


# --------------------------------------------------------------------------- schema drift


def test_items_that_cannot_be_trusted_are_quarantined_alone(lived: Lived) -> None:
    kinds = ("duplicate_key", "year_9999", "float_id", "missing_id", "nan")
    spoilt = dict(zip(editables(lived), kinds, strict=False))
    assert len(spoilt) == len(kinds)
    before = lived.things()
    held = len(lived.place.archive.catalog.quarantine_items())
    for native_id, kind in spoilt.items():
        lived.control.malform(native_id, kind)
    report = lived.harvest()
    assert report.outcome == "ok"
    assert len(lived.place.archive.catalog.quarantine_items()) >= held + len(kinds)
    after = lived.things()
    assert {i: t["state"] for i, t in after.items() if i not in spoilt} == {
        i: t["state"] for i, t in before.items() if i not in spoilt
    }
    assert "deleted" not in {after[i]["state"] for i in spoilt}, "an unreadable item is not a deleted one"
    for native_id in spoilt:
        lived.control.malform(native_id, None)
    lived.harvest()
    lived.agrees()


def test_drift_of_a_field_costs_that_field_only_and_odd_text_is_kept(lived: Lived) -> None:
    spoilt = {kind: newcomer(lived, kind) for kind in (
        "mistyped_field", "missing_field", "extra_field", "nul", "lone_surrogate", "number_id")}  # fmt: skip
    for kind, native_id in spoilt.items():
        lived.control.malform(native_id, kind)
    assert lived.harvest().outcome == "ok"
    things = lived.things()
    for kind in ("mistyped_field", "missing_field", "extra_field"):
        assert things[spoilt[kind]]["state"] in SHOWN, kind
    assert "schema_drift" in things[spoilt["mistyped_field"]]["flags"]
    assert things[spoilt["nul"]]["body"].endswith("after the NUL")
    assert things[spoilt["lone_surrogate"]]["body"].endswith("\ufffd")
    exact = {i for i in things if i.isdigit() and int(i) > 2**60} - set(lived.truth())
    assert all(str(int(i)) == i for i in exact), "an id beyond 2^53 keeps every digit"
    for native_id in spoilt.values():
        lived.control.malform(native_id, None)
    lived.harvest()
    assert {i for i, t in lived.things().items() if t["state"] in SHOWN and i not in exact} == {
        i for i, t in lived.truth().items() if t["state"] in SHOWN and not t["malformed"]
    }


# --------------------------------------------------------------------------- parts


def has_comments(lived: Lived) -> bool:
    return any(item["parent"] for item in lived.truth().values())


def editables(lived: Lived) -> list[str]:
    """Public comments directly under watched posts, with nothing under them (posts where there are no comments),
    the newest first."""
    truth = lived.truth()
    parents = {item["parent"] for item in truth.values()}
    commented = has_comments(lived)
    found = [
        i for i, t in truth.items()
        if t["state"] == "present" and i not in parents and not t["malformed"]
        and (t["parent"] == t["root"] and t["author"] != "larkspur" if commented else True)
    ]  # fmt: skip
    return sorted(found, key=lambda i: truth[i]["created"], reverse=True)


def editable(lived: Lived) -> str:
    return editables(lived)[0]


def newcomer(lived: Lived, name: str) -> str:
    """A new comment under the newest post (or a new post), not yet harvested."""
    if not has_comments(lived):
        return str(lived.control.post("larkspur", f"A new post. ({name}, invented)", image="A cat.")["id"])
    truth = lived.truth()
    posts = [i for i, t in truth.items() if not t["parent"] and t["state"] == "present"]
    newest = max(posts, key=lambda i: truth[i]["created"])
    return str(lived.control.reply(newest, "mara", f"A new remark. ({name}, invented)")["id"])
