"""What docker-compose.yaml runs besides Airflow's own commands. `python -m social_archive.stack.production WHAT`:

    environment    print a filled .env: every password and key, made now
    init           once before the services: Airflow's tables and pools, the users' passwords, the buckets
    store          the object store, for other containers (the embedded one binds loopback only)
    answers URL    health check: exit 0 if a server answers there with 200, or with 403 (a store that is well guarded)
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive.stack import environment, seaweed
from social_archive.stack.airflow import USERS
from social_archive.stack.pools import pools

_STORE_HOME = Path("/var/lib/seaweed")
_USERS = {user: f"AIRFLOW_{user.upper()}_PASSWORD" for user in USERS}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["environment"]:
            print(environment_file(), end="")
            return 0
        case ["init"]:
            initialise()
            return 0
        case ["store"]:
            command = store_command(_STORE_HOME)
            os.execvp(command[0], command)  # noqa: S606
        case ["answers", url]:
            return 0 if answers(url) else 1
    print(__doc__, file=sys.stderr)
    return 2


def environment_file() -> str:
    """A complete .env for docker-compose.yaml. The signing key carries the agency's ledger origin in its name."""
    from social_archive.note import Signer

    origin = load_agency(default_agency()).ledger.origin
    values = {
        "COMPOSE_PROJECT_NAME": "social-records-archive",
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "REDIS_PASSWORD": secrets.token_hex(24),
        "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW_JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW_API_SECRET": secrets.token_urlsafe(48),
        **{password: secrets.token_urlsafe(12) for password in _USERS.values()},
        "ARCHIVE_S3_ACCESS_KEY": "SRA" + secrets.token_hex(8).upper(),
        "ARCHIVE_S3_SECRET_KEY": secrets.token_hex(24),
        "ARCHIVE_S3_DISPOSER_ACCESS_KEY": "SRA" + secrets.token_hex(8).upper(),
        "ARCHIVE_S3_DISPOSER_SECRET_KEY": secrets.token_hex(24),
        "ARCHIVE_S3_ADMIN_ACCESS_KEY": "SRA" + secrets.token_hex(8).upper(),
        "ARCHIVE_S3_ADMIN_SECRET_KEY": secrets.token_hex(24),
        "ARCHIVE_SIGNING_KEY": Signer.generate(origin).text(),
    }
    head = (
        "# Secrets of docker-compose.yaml, made by `python -m social_archive.stack.production environment`.\n"
        "# Keep a copy of ARCHIVE_SIGNING_KEY in a safe place: nothing is archived without it. Never in git.\n"
    )
    return head + "".join(f"{name}={value}\n" for name, value in values.items())


def initialise() -> None:
    """Idempotent: runs at every `docker compose up`."""
    users = {user: os.environ[name] for user, name in _USERS.items()}
    environment.write_private(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]), json.dumps(users))
    airflow = [sys.executable, "-m", "airflow"]
    subprocess.run([*airflow, "db", "migrate"], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(pools(), file)
        file.flush()
        subprocess.run([*airflow, "pools", "import", file.name], check=True)
    _make_buckets()


def _make_buckets() -> None:
    """With the admin's keys if there are any; a bucket on Amazon S3 is made beforehand (`archive doctor` says how)."""
    from social_archive.store import ensure_buckets, s3_client

    access = os.environ.get("ARCHIVE_S3_ADMIN_ACCESS_KEY")
    if access:
        store = load_agency(default_agency()).store
        endpoint, secret = os.environ["ARCHIVE_S3_ENDPOINT"], os.environ["ARCHIVE_S3_ADMIN_SECRET_KEY"]
        ensure_buckets(store, client=s3_client(endpoint, store.region, access, secret, attempts=5))


def store_command(home: Path, ports: dict[str, int] | None = None, bind: str = "0.0.0.0") -> list[str]:  # noqa: S104
    """The store's command line, its keys from the environment written to files that only this user can read.

    The same switches as the embedded store's, but listening for the other containers: compose publishes its S3 port
    on the host's loopback only, and every route behind the gateway needs a token.
    """
    keys = {"admin": "ARCHIVE_S3_ADMIN_", "archive": "ARCHIVE_S3_", "disposer": "ARCHIVE_S3_DISPOSER_"}
    identities = {
        name: {"access_key": os.environ[f"{prefix}ACCESS_KEY"], "secret_key": os.environ[f"{prefix}SECRET_KEY"]}
        for name, prefix in keys.items()
    }
    auditor = {"access_key": "SRA" + secrets.token_hex(8).upper(), "secret_key": secrets.token_hex(24)}
    (home / "data").mkdir(parents=True, exist_ok=True)
    environment.write_private(home / "keys.json", json.dumps({**identities, "auditor": auditor}))
    seaweed._identities(home)
    seaweed._write_security(home)
    command = seaweed._command(home, ports or {"s3.port": seaweed.DEFAULT_S3_PORT})
    return ["env", "-C", str(home), *(f"-ip.bind={bind}" if part.startswith("-ip.bind=") else part for part in command)]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own addresses
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refusal:
        return refusal.code == 403
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
