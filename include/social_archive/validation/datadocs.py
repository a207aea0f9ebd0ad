"""Data Docs: Great Expectations' HTML of each run, without personal data and without the network.

Great Expectations renders the tables of results. Its own page around them fetches scripts and styles from five
content-delivery networks (its site index is empty without them), so page, style and index are ours, and a content
security policy forbids loading anything. Only what `suite.CHECKS` and numbers say is rendered: whatever else an
evidence file might hold never reaches a page.
"""

from __future__ import annotations

import fcntl
import hashlib
import html
import json
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any, Final

from social_archive.validation.suite import BY_CODE, SUITE_NAME
from social_archive.validation.verdict import merge_evidence

KEPT_RUNS: Final = 200

_LABELS: Final = ("platform", "account", "harvest_id")
"""Optional keys that the caller may add to the evidence to name the run. Anything but a plain name is left out."""

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COUNTS: Final = (
    "observed", "accepted", "rejected", "collapsed", "orphan", "undated", "versions_in_batch", "threads_short",
    "replies_missing",
)  # fmt: skip


def write_data_docs(evidence: dict[str, Any] | Sequence[dict[str, Any]], folder: Path) -> Path:
    """Add the page of one run (its evidence, or that of its batches) and return the path of the index.

    The newest 200 runs are kept; the archive itself keeps the evidence of all. Writing the same evidence twice
    gives one page. Safe against several writers. Raises ValueError for an empty list: that was no run.
    """
    if not evidence:
        raise ValueError("Data Docs need the evidence of at least one batch.")
    run = _plain(merge_evidence([evidence] if isinstance(evidence, dict) else list(evidence)))
    runs = folder / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    summary = json.dumps(run, sort_keys=True)
    name = f"{re.sub('[^0-9]', '', run['run_at'])[:14]}-{hashlib.sha256(summary.encode()).hexdigest()[:12]}"
    page = _page(title=_title(run), home="../index.html", body=_overview(run) + _results(run))
    with _locked(folder):
        _write(runs / f"{name}.html", page)
        _write(runs / f"{name}.json", summary)
        _write(folder / "index.html", _index(runs))
    return folder / "index.html"


def _plain(evidence: dict[str, Any]) -> dict[str, Any]:
    """The parts of the evidence that may be shown, each forced into its type."""
    expectations = [one for one in evidence["expectations"] if one.get("code") in BY_CODE]
    run_at = str(evidence["run_at"])
    return {
        "run_at": run_at if re.fullmatch(r"[0-9T:.Z-]{1,32}", run_at) else "",
        "seconds": float(evidence["seconds"]),
        "success": evidence["success"] is True,
        "suite_version": _name_or_nothing(evidence.get("suite_version")),
        "great_expectations": _name_or_nothing(evidence.get("great_expectations")),
        **{label: _name_or_nothing(evidence.get(label)) for label in _LABELS},
        "counts": {name: int(evidence["counts"].get(name, 0)) for name in _COUNTS},
        "expectations": [
            {
                "code": one["code"],
                "success": one["success"] is True,
                "element_count": int(one["element_count"]),
                "unexpected_count": int(one["unexpected_count"]),
            }
            for one in expectations
        ],
    }


def _name_or_nothing(value: Any) -> str:
    return value if isinstance(value, str) and _PLAIN_NAME.fullmatch(value) else ""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write(path: Path, text: str) -> None:
    """All or nothing: a reader never sees half a page."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


# --------------------------------------------------------------------------- one run


def _title(run: dict[str, Any]) -> str:
    return " ".join(part for part in ("Validation of", run["platform"], run["account"], run["run_at"]) if part)


def _overview(run: dict[str, Any]) -> str:
    rows = [
        ("Result", _verdict_cell(run)),
        *((label.replace("_", " ").capitalize(), html.escape(run[label])) for label in _LABELS if run[label]),
        *((name.replace("_", " ").capitalize(), f"{run['counts'][name]:,}") for name in _COUNTS),
        ("Suite", html.escape(f"{SUITE_NAME} version {run['suite_version']}")),
        ("Great Expectations", html.escape(run["great_expectations"]) or "not needed"),
        ("Seconds", f"{run['seconds']:.2f}"),
    ]
    cells = "".join(f"<tr><th scope='row'>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return f"<table class='overview'>{cells}</table>"


def _verdict_cell(run: dict[str, Any]) -> str:
    if run["success"]:
        return "<i class='fas fa-check-circle'></i> every row accepted"
    return f"<i class='fas fa-times'></i> {run['counts']['rejected']:,} in quarantine"


def _results(run: dict[str, Any]) -> str:
    """Great Expectations' own rendering of the results, section by section. Its overview is left to ours."""
    if not run["expectations"]:
        return "<p>Nothing was observed, so there was nothing to judge.</p>"
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaSectionView

    document = ValidationResultsPageRenderer().render(_validation_result(run)).to_json_dict()
    view = DefaultJinjaSectionView()
    return "".join(
        view.render({"section": section, "section_loop": {"index": number}})
        for number, section in enumerate(document["sections"][1:], start=2)
    )


def _validation_result(run: dict[str, Any]) -> Any:
    """The run as the object that Great Expectations' renderers take, made of checks and numbers only."""
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    results = []
    for one in run["expectations"]:
        check, count, bad = BY_CODE[one["code"]], one["element_count"], one["unexpected_count"]
        percent = 100 * bad / count if count else 0.0
        config = ExpectationConfiguration(
            type=re.sub(r"(?<!^)(?=[A-Z])", "_", check.expectation).lower(),
            kwargs={name: value for name, value in check.arguments.items() if not isinstance(value, dict)},
            severity=check.severity,
            description=f"{check.says} ({check.code}, {check.severity})",
        )
        results.append(
            ExpectationValidationResult(
                success=one["success"],
                expectation_config=config,
                result={"element_count": count, "unexpected_count": bad, "unexpected_percent": percent},
                exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
            )
        )
    return ExpectationSuiteValidationResult(
        success=run["success"],
        results=results,
        suite_name=SUITE_NAME,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": sum(one.success for one in results),
            "unsuccessful_expectations": sum(not one.success for one in results),
            "success_percent": 100 * sum(one.success for one in results) / len(results),
        },
        meta={"run_id": {"run_name": run["run_at"], "run_time": run["run_at"]}},
    )


# --------------------------------------------------------------------------- index and page

_INDEX_COLUMNS: Final = ("observed", "accepted", "rejected", "collapsed", "orphan", "replies_missing")


def _index(runs: Path) -> str:
    """The page that lists the newest runs. Older ones are removed."""
    names = sorted((path.stem for path in runs.glob("[0-9]*.json")), reverse=True)
    kept, old = names[:KEPT_RUNS], names[KEPT_RUNS:]
    for name in old:
        (runs / f"{name}.json").unlink(missing_ok=True)
        (runs / f"{name}.html").unlink(missing_ok=True)
    head = "".join(f"<th scope='col'>{name.replace('_', ' ').capitalize()}</th>" for name in _INDEX_COLUMNS)
    rows = "".join(_index_row(name, json.loads((runs / f"{name}.json").read_text("utf-8"))) for name in kept)
    return _page(
        title="Validation runs",
        home="index.html",
        body="<p>Each harvest is judged before it is archived. What fails is in quarantine, not lost. "
        "These pages hold counts only.</p>"
        f"<table><thead><tr><th scope='col'>Run</th><th scope='col'>Account</th><th scope='col'>Result</th>{head}"
        f"</tr></thead><tbody>{rows}</tbody></table>",
    )


def _index_row(name: str, run: dict[str, Any]) -> str:
    account = html.escape("/".join(part for part in (run["platform"], run["account"]) if part))
    numbers = "".join(f"<td class='number'>{run['counts'][column]:,}</td>" for column in _INDEX_COLUMNS)
    link = f"<a href='runs/{name}.html'>{html.escape(run['run_at'])}</a>"
    return f"<tr><td>{link}</td><td>{account}</td><td>{_verdict_cell(run)}</td>{numbers}</tr>"


def _page(*, title: str, home: str, body: str) -> str:
    return _PAGE.substitute(title=html.escape(title), home=home, style=_STYLE, body=body)


_PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
<nav><a href="$home">Validation runs</a></nav>
<main>
<h1>$title</h1>
$body
</main>
</body>
</html>
""")

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }
h1 { font-size: 1.4rem; } h5 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; } table.overview { width: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; }
.badge { background: var(--soft); border-radius: 4px; padding: 0 .35em; font-size: .9em; }
.fas { font-style: normal; font-weight: 700; } .fa-check-circle::before { content: "\\2713"; color: var(--good); }
.fa-times::before { content: "\\2717"; color: var(--bad); }
.fa-exclamation-triangle::before { content: "!"; color: var(--bad); }
.text-danger { color: var(--bad); font-weight: 600; }
"""
