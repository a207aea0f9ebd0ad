"""`archive up` and `archive down`: start what is down, in order; stop everything, in reverse."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from social_archive.config import Agency, load_agency
from social_archive.errors import ArchiveError
from social_archive.stack import environment, postgres, seaweed
from social_archive.stack.airflow import COMPONENTS, REPOSITORY, AirflowHome
from social_archive.stack.processes import Processes
from social_archive.stack.progress import step
from social_archive.stack.rest import HEALTHY, AirflowApi
from social_archive.stack.runs import Harvested, harvest_everything

SANDBOX = "sandbox"
SANDBOX_AGENCY = REPOSITORY / "include" / "sandbox" / "agency"
_ENDPOINT = "ARCHIVE_S3_ENDPOINT"


@dataclass(frozen=True)
class Stack:
    """Where everything of one state folder is, once it is up."""

    airflow_url: str
    passwords: dict[str, str]
    store_url: str | None
    sandbox: dict[str, str]
    harvested: Harvested


def up(agency_folder: Path, state: Path, console: Console, *, harvest: bool | None = None) -> Stack:
    """Start what is down, wait until all is healthy, and run the harvests that never ran (`harvest=True`: all)."""
    agency = load_agency(agency_folder)
    state.mkdir(parents=True, exist_ok=True)
    processes = Processes(state / "run")
    store_url = _start_store(agency, state, console)
    _settle_environment(agency, state)
    sandbox = _start_sandbox(state, processes, console) if _is_sandbox(agency_folder) else {}
    if sandbox:
        _put_sample_schedule_in_force(agency_folder, state, console)
    home = _start_airflow(state, processes, console)
    with AirflowApi(home.url, "admin", home.passwords()["admin"]) as api:
        harvested = harvest_everything(api, agency, console, wanted=harvest)
    return Stack(home.url, home.passwords(), store_url, sandbox, harvested)


def down(state: Path, console: Console) -> list[str]:
    """Stop everything that was started here; what is stored stays. Returns the names of what was stopped."""
    processes = Processes(state / "run")
    stopped = [name for name in (*reversed(COMPONENTS), SANDBOX, postgres.NAME) if processes.pid(name) is not None]
    if airflow := [name for name in stopped if name in COMPONENTS]:
        with step(console, "Stopping Airflow"), ThreadPoolExecutor() as pool:  # each takes its seconds to end
            list(pool.map(processes.stop, airflow))
    for name in (SANDBOX, postgres.NAME):
        if name in stopped:
            with step(console, f"Stopping {name}"):
                processes.stop(name)
    for name in processes.names():
        processes.stop(name)  # forgets what is dead already
    if (state / "seaweed").exists() and seaweed.running(state):
        with step(console, "Stopping seaweed"):
            seaweed.stop(state)
        stopped.append("seaweed")
    return stopped


def status(state: Path) -> dict[str, int | None]:
    """The pid of each part; None if it is down."""
    processes = Processes(state / "run")
    store = seaweed.running(state) if (state / "seaweed").exists() else None
    found: dict[str, int | None] = {"seaweed": store.pid if store else None}
    return found | {name: processes.pid(name) for name in (postgres.NAME, SANDBOX, *COMPONENTS)}


def _is_sandbox(agency_folder: Path) -> bool:
    return agency_folder.resolve() == SANDBOX_AGENCY.resolve()


# --------------------------------------------------------------------------- parts


def _start_store(agency: Agency, state: Path, console: Console) -> str | None:
    """The embedded object store and the agency's buckets in it; None if the agency has a store of its own."""
    from social_archive.store import ensure_buckets

    own = os.environ.get(_ENDPOINT)
    if agency.store.endpoint_url != f"env:{_ENDPOINT}" or (own and own != environment.read(state).get(_ENDPOINT)):
        return None
    with step(console, "Object store") as progress:
        store = seaweed.start(state)
        archive, disposer = store.identities["archive"], store.identities["disposer"]
        values = environment.write(
            state,
            {
                _ENDPOINT: store.endpoint,
                "ARCHIVE_S3_ACCESS_KEY": archive.access_key,
                "ARCHIVE_S3_SECRET_KEY": archive.secret_key,
                "ARCHIVE_S3_DISPOSER_ACCESS_KEY": disposer.access_key,
                "ARCHIVE_S3_DISPOSER_SECRET_KEY": disposer.secret_key,
            },
        )
        os.environ.update(values)
        progress.say("making buckets")
        ensure_buckets(agency.store, client=store.client("admin"))
        progress.result = f"{store.endpoint}  bucket {agency.store.bucket}"
    return store.endpoint


def _settle_environment(agency: Agency, state: Path) -> None:
    """What every process of the stack must know: the folders, and the key that signs this agency's ledger."""
    values = {"ARCHIVE_STATE": str(state), "ARCHIVE_AGENCY": str(agency.folder.resolve())}
    scheme, _, name = agency.ledger.signing_key.partition(":")
    if scheme == "env" and (name not in os.environ or name in environment.read(state)):
        values[name] = _signing_key(agency, state)
    os.environ.update(environment.write(state, values))


def _signing_key(agency: Agency, state: Path) -> str:
    """The embedded stack's own key, made at the first start; one file per origin, because its name is in the key."""
    from social_archive.note import Signer

    path = state / "keys" / f"{agency.ledger.origin.replace('/', '_')}.key"
    if not path.exists():
        Signer.generate(agency.ledger.origin).save(path)
    return path.read_text().strip()


def _start_sandbox(state: Path, processes: Processes, console: Console) -> dict[str, str]:
    """The stand-ins of the platforms, and the invented tokens of the sample agency's accounts."""
    from sandbox.folder import environment as sandbox_environment

    ready = state / "run" / "sandbox-ready"
    log = state / "logs" / "sandbox.log"
    with step(console, "Sandbox platforms") as progress:
        if processes.pid(SANDBOX) is None:
            ready.unlink(missing_ok=True)
            serve = [sys.executable, "-m", "sandbox.serve", "--state", str(state / SANDBOX), "--ready-file", str(ready)]
            own = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
            processes.spawn(SANDBOX, serve, env=own, log=log, cwd=REPOSITORY)
        while not ready.exists():
            if processes.pid(SANDBOX) is None or progress.seconds > 60:
                raise ArchiveError("The sandbox platforms did not start.", remedy=f"Read {log}; do others run already?")
            time.sleep(0.1)
        urls: dict[str, str] = json.loads(ready.read_text())
        os.environ.update(environment.write(state, sandbox_environment()))
        progress.result = "  ".join(f"{name} {url}" for name, url in urls.items())
    return urls


def _put_sample_schedule_in_force(agency_folder: Path, state: Path, console: Console) -> None:
    """The sample library's schedule, so that disposals can be tried at once. A real body decides that itself."""
    from social_archive.archive import open_archive
    from social_archive.retention import schedules

    with step(console, "Sample schedule") as progress:
        archive = open_archive(agency_folder, state=state)
        archive.catalog.catch_up()
        version = schedules.in_force(archive)
        if version is None:
            schedules.propose(archive, by="records", via="cli", reason="The sample's first version (invented).")
            version = schedules.in_force(archive)
        progress.result = f"version {version.version} is in force" if version else "not in force"
        archive.close()


def _start_airflow(state: Path, processes: Processes, console: Console) -> AirflowHome:
    with step(console, "Postgres") as progress:
        database = postgres.start(state, processes)
        progress.result = f"127.0.0.1:{database.port}"
    home = AirflowHome(state)
    with step(console, "Airflow") as progress:
        archive = environment.read(state)
        if _changed(home, archive):
            for name in reversed(COMPONENTS):  # they would go on with the old addresses
                processes.stop(name)
        home.configure(database, keep_port=any(processes.pid(name) for name in COMPONENTS))
        environ = home.environ(archive)
        home.migrate(environ, fresh=database.fresh, tick=progress.say)
        home.start(processes, environ)
        _wait_healthy(home, processes, progress.say)
        progress.result = home.url
    return home


def _changed(home: AirflowHome, archive: Mapping[str, str]) -> bool:
    """Does Airflow run (or did it last run) with another environment than it would get now?"""
    mark = home.folder / "environment.sha256"
    now = hashlib.sha256(json.dumps(archive, sort_keys=True).encode()).hexdigest()
    before = mark.read_text() if mark.exists() else None
    home.folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(now)
    return before is not None and before != now


def _wait_healthy(home: AirflowHome, processes: Processes, say: Callable[[str], None], patience: float = 180.0) -> None:
    deadline = time.monotonic() + patience
    with AirflowApi(home.url) as api:
        while True:
            health = api.health()
            waiting = [part for part, told in health.items() if told != HEALTHY]
            if health and not waiting:
                return
            dead = [name for name in COMPONENTS if processes.pid(name) is None]
            if dead or time.monotonic() > deadline:
                raise ArchiveError(
                    f"Airflow did not come up: {', '.join(dead or waiting) or 'no answer'}. No record was touched.",
                    remedy=f"Read the logs in {home.state / 'logs'}, then run `archive up` again.",
                )
            say(f"waiting for {', '.join(waiting) or 'the api-server'}")
            time.sleep(0.5)
