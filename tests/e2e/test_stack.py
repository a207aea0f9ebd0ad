"""`archive up` as a person meets it: the whole stack, two accounts harvested, nothing leaked, all of it stopped."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import datetime

import httpx
import psutil
import pytest

from social_archive.stack import environment as stack_environment
from social_archive.stack.airflow import COMPONENTS
from tests.e2e.stack import CANARY

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(1200)]

def test_everything_is_up_and_healthy(stack):
    up = {name for name, pid in stack.pids().items() if pid}

    assert up >= {"seaweed", "postgres", *COMPONENTS}
    with stack.api() as api:
        assert set(api.health().values()) == {"healthy"}
        assert api.import_errors() == {}


def test_the_harvests_ran_green_and_their_records_are_found(stack):
    with stack.api() as api:
        for name in ("harvest_bluesky", "harvest_mastodon"):
            assert api.runs(name)[0]["state"] == "success"

    assert json.loads(stack.archive("find", "library", "--json").stdout)["total"] > 0


def test_a_dead_login_pauses_its_account_alone(stack):
    with stack.api() as api:
        run = api.runs("harvest_mastodon")[0]["dag_run_id"]
        assert sorted(set(api.task_states("harvest_mastodon", run))) == ["skipped", "success"]


def test_an_accession_is_an_event_of_its_account(stack):
    with stack.api() as api:
        events = api._get("/api/v2/assets/events", limit=50)["asset_events"]

    (event,) = [e for e in events if e["partition_key"] == "bluesky/larkspur-teens"]
    assert event["extra"]["posts"] > 0
    assert event["extra"]["walked"]["platform"] == "bluesky"
    assert all(isinstance(v, int) for k, v in event["extra"].items() if k not in ("harvest_id", "walked"))


def test_each_accounts_accession_starts_a_policy_check_of_that_account(stack):
    deadline = time.monotonic() + 300
    with stack.api() as api:
        while True:
            runs = api.runs("policy_check")
            done = {run["partition_key"]: run for run in runs if run["state"] in ("success", "failed")}
            if {"bluesky/larkspur-teens", "mastodon/larkspur-kids"} <= done.keys() or time.monotonic() > deadline:
                break
            time.sleep(2)
        assert {key: done[key]["state"] for key in ("bluesky/larkspur-teens", "mastodon/larkspur-kids")} == {
            "bluesky/larkspur-teens": "success", "mastodon/larkspur-kids": "success",
        }  # fmt: skip

    assert json.loads(stack.archive("policy", "check", "--json").stdout)["records"] == 0, "all was read already"


def test_a_second_up_starts_nothing_and_harvests_nothing(stack):
    before = stack.pids()

    told = json.loads(stack.archive("up", "--json").stdout)

    assert stack.pids() == before
    assert told["harvested"] == []


def test_every_server_listens_on_loopback_only(stack):
    for pid in filter(None, stack.pids().values()):
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            for connection in process.net_connections(kind="inet"):
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip in ("127.0.0.1", "::1"), (process.cmdline(), connection.laddr)


def test_a_throttled_account_frees_its_slot_and_returns_at_the_moment_the_platform_named(stack):
    regain = time.time() + 125  # longer than a worker waits by itself
    fault = {"kind": "ratelimit", "retry_after": 125, "count": 1}
    httpx.post(f"{stack.platforms['bluesky']}/_sandbox/fault", json=fault).raise_for_status()

    with stack.api() as api:
        run = api.trigger("harvest_bluesky")
        tasks = f"/api/v2/dags/harvest_bluesky/dagRuns/{run}/taskInstances"

        def pull() -> dict[str, str]:
            return next(t for t in api._get(tasks)["task_instances"] if t["task_id"] == "account.pull")

        while pull()["state"] != "up_for_retry":
            assert time.time() < regain, pull()["state"]
            time.sleep(1)
        assert api._get("/api/v2/pools/bluesky")["occupied_slots"] == 0
        while (state := api.run_state("harvest_bluesky", run)) not in ("success", "failed"):
            time.sleep(1)
        again = datetime.fromisoformat(pull()["start_date"]).timestamp()

    assert state == "success"
    assert regain - 2 <= again <= regain + 60


def test_the_audit_is_green(stack):
    with stack.api() as api:
        run = api.trigger("audit")
        while (state := api.run_state("audit", run)) not in ("success", "failed"):
            time.sleep(1)

    assert state == "success"


def test_no_secret_and_no_record_is_in_logs_or_in_airflows_database(stack):
    from social_archive.stack.postgres import _programs

    settings = (stack.state / "airflow" / "airflow.cfg").read_text()
    address = next(line for line in settings.splitlines() if line.startswith("sql_alchemy_conn ="))
    url = address.split("= ", 1)[1].replace("+psycopg2", "")
    dump = subprocess.run([_programs() / "pg_dump", url], capture_output=True, check=True, timeout=120).stdout
    logs = [p for top in ("logs", "airflow/logs") for p in (stack.state / top).rglob("*.log")]
    rows = json.loads(stack.archive("find", "--kind", "post", "--json").stdout)["rows"]
    words = max((row["body"] for row in rows), key=len)[:30].encode()
    key = stack_environment.read(stack.state)["ARCHIVE_SIGNING_KEY"].encode()

    assert len(dump) > 100_000
    assert logs
    for secret in (CANARY.encode(), key, words):
        assert secret not in dump
        assert not [log.name for log in logs if secret in log.read_bytes()]


def test_down_ends_every_process_and_up_brings_the_same_archive_back(stack):
    before = stack.archive("ledger", "verify", "--json").stdout
    family = [p for pid in filter(None, stack.pids().values())
              for p in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]  # fmt: skip

    stack.archive("down")

    _, alive = psutil.wait_procs(family, timeout=10)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    assert not any(stack.pids().values())
    stack.archive("up", "--no-harvest", "--json")
    after = stack.archive("ledger", "verify", "--json").stdout
    assert json.loads(after)["leaves"] == json.loads(before)["leaves"]
