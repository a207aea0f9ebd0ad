"""The tour's second half: how long a record is kept and why, and how it is destroyed so that everybody can check it.

The sample agency keeps its children's programs for six months, so there is always something due.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from sandbox.tour import Tour

_KIDS = "larkspur-kids"
_SERIES = "children-programs"


def why(t: Tour) -> str:
    """**Why.** A schedule is data: items, periods, rules. It is put in force by a person, in the ledger; from then on
    every record can say why it is kept, until when, and by which law."""
    t.command("retention", "propose", "--by", "records", "--reason", "The first version (invented).", show=False)
    t.command("why", t.remembered["rid"])
    told = t.asked("why", t.remembered["rid"])
    (answer,) = told["answers"]
    assert answer["retain_until"], answer
    return f"item {answer['item']['id']}, until {answer['retain_until'][:10]}"


def schedule_diff(t: Tour) -> str:
    """**A change of the schedule.** First a dry run: what would be kept longer, what would become due earlier. Keeping
    longer takes one person; keeping shorter takes a second one, who is not the first."""
    schedule = t.archive.agency.folder / "retention.yaml"
    before = schedule.read_text()
    longer = before.replace('version: "1"', 'version: "2"').replace("      years: 2\n", "      years: 4\n", 1)
    schedule.write_text(longer)
    t.command("retention", "plan")
    t.command("retention", "propose", "--by", "records", "--reason", "Comments are asked for after years (invented).")
    shorter = longer.replace('version: "2"', 'version: "3"').replace("      months: 6\n", "      months: 4\n", 1)
    schedule.write_text(shorter)
    plan = t.asked("retention", "plan")
    t.command("retention", "propose", "--by", "records", "--reason", "The Commission granted four months (invented).")
    t.command("retention", "approve", "3", "--by", "records", code=1)
    t.command("retention", "approve", "3", "--by", "director")
    t.command("retention", "apply", show=False)
    in_force = t.asked("retention", "show")["in_force"]
    assert in_force["version"] == "3", in_force
    return f"version {in_force['version']} in force, {plan['counts']['earlier']} records due earlier"


def hold(t: Tour) -> str:
    """**A hold.** A lawsuit is announced. What it is about is held from now on, whatever the schedule says, and so is
    what will still come in; the ledger says who, when and how much, and nothing of what it is about."""
    due = _due_post(t)
    t.remembered["held"] = due
    review = (datetime.now(UTC).date() + timedelta(days=180)).isoformat()
    t.command("hold", "place", "--kind", "litigation", "--matter", "Invented v. Larkspur (invented)", "--mandate",
              "Counsel's letter (invented)", "--by", "records", "--review", review, "--id", due)  # fmt: skip
    t.command("hold", "check", due)
    held = t.asked("hold", "check", due)
    assert held["holds"], held
    return "1 record held"


def consolidate(t: Tour) -> str:
    """**Consolidation.** Harvests leave many small objects. Those of months that are over become one for each folder,
    sorted for search. Each record keeps its place in the ledger, so its proof does not change."""
    answers = t.command("--json", "find", "--limit", "5000", show=False)
    t.command("consolidate")
    assert t.command("--json", "find", "--limit", "5000", show=False) == answers
    t.command("prove", t.remembered["rid"], "-o", str(t.archive.state / "proof.json"), show=False)
    t.command("verify-proof", str(t.archive.state / "proof.json"), show=False)
    objects = len(_fresh(t).catalog.objects("records"))
    return f"{objects} objects now, answers the same to the byte"


def dispose_two_people(t: Tour) -> str:
    """**Disposal.** What is due is listed, with what stays and why. The authority's answer is entered, two people
    approve the same list, and every gate is asked again before each batch."""
    d = t.asked("disposal", "propose", "--by", "admin")["disposal"]
    t.command("disposal", "show")
    shown = t.asked("disposal", "show")
    plan = shown["plan"]
    assert any(one["code"] == "on_hold" for one in shown["excluded"]), shown["excluded"]
    t.remembered["gone"] = _due_post(t, but=t.remembered["held"])
    today = date.today().isoformat()
    t.command("disposal", "approve", d, "--place", "1", "--plan", plan, "--by", "records", show=False, code=1)
    t.command("disposal", "returned", d, "--outcome", "approved", "--reference", "LRC 26-41 (invented)", "--on", today,
              "--by", "records", show=False)  # fmt: skip
    t.command("disposal", "approve", d, "--place", "1", "--plan", plan, "--by", "records", show=False)
    t.command("disposal", "approve", d, "--place", "2", "--plan", plan, "--by", "records", code=1)
    t.command("disposal", "approve", d, "--place", "2", "--plan", plan, "--by", "director", show=False)
    t.command("disposal", "execute", d, "--by", "admin")
    t.command("disposal", "verify", d)
    while not t.asked("disposal", "verify", d)["done"]:
        pass
    made = t.asked("disposal", "certify", d, "--by", "records")
    t.remembered["certificate"] = made["certificate"]
    return f"{made['records']} records, certificate {made['certificate']}"


def certificate_verify(t: Tour) -> str:
    """**The certificate.** Three files that anybody can check, without the archive and without a network: who proposed,
    who approved, what was destroyed, where it was looked for. One altered figure, and it does not hold."""
    folder, number = t.archive.state / "certificates", t.remembered["certificate"]
    t.command("certificate", "show", number, "-o", str(folder), show=False)
    true = folder / f"{number}.json"
    t.command("certificate", "verify", str(true))
    told = json.loads(true.read_bytes())
    records = told["totals"]["records"]
    forged = folder / "forged.json"
    forged.write_bytes(true.read_bytes().replace(b'"records":%d' % records, b'"records":%d' % (records - 1)))
    shutil.copy(folder / f"{number}.note.txt", folder / "forged.note.txt")
    t.command("certificate", "verify", str(forged), code=3)
    return f"{len(told['objects'])} object versions, {len(told['evidence'])} ledger entries proved"


def disposed_is_answered(t: Tour) -> str:
    """**Asked for later.** Somebody asks for a record that was destroyed: the answer is the certificate, with a proof
    that there was a record, and no content. The one under the hold is still there."""
    t.command("show", t.remembered["gone"])
    t.command("find", "--account", f"mastodon/{_KIDS}", "--kind", "post", "--limit", "2")
    held = t.asked("show", t.remembered["held"])
    assert held["versions"], held
    return f"disposed under certificate {t.remembered['certificate']}"


def audit_invariant(t: Tour) -> str:
    """**The auditor's question.** Every leaf of the ledger either opens to a record that hashes to it, or is covered by
    exactly one certificate. There is no third kind."""
    t.command("audit")
    told: dict[str, Any] = t.asked("audit")
    assert told["ok"], told
    return f"{told['leaves']} leaves, none unaccounted for"


def _due_post(t: Tour, but: str = "") -> str:
    """The record id of a post of the children's account that is past its time."""
    archive = _fresh(t)
    now, schedule = int(datetime.now(UTC).timestamp() * 1_000_000), archive.schedule
    due = [
        o for o in archive.catalog.objects("records")
        if o.series == _SERIES and (schedule.until(o.series, o.cutoff) or now + 1) <= now
    ]  # fmt: skip
    tables = (pq.read_table(path, columns=["rid"], partitioning=None) for path in archive.mirror.paths(due))
    rids = [rid for table in tables for rid in table.column(0).to_pylist()]
    return next(rid for rid in rids if rid != but)


def _fresh(t: Tour) -> Any:
    """The tour's archive, caught up with what the commands wrote."""
    t.archive.catalog.catch_up()
    return t.archive


STEPS = (
    why, schedule_diff, hold, consolidate, dispose_two_people, certificate_verify, disposed_is_answered,
    audit_invariant,
)  # fmt: skip
