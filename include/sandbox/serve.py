"""Start every stand-in in one process, on 127.0.0.1 only: `python -m sandbox.serve --state DIR`.

Prints, and writes to `--ready-file`, one JSON object `{platform: url}` once all of them answer. Port 0 takes a free
port. State lies in DIR/world.json; `--reset` begins a new world, anchored to today.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from sandbox.backstage import Backstage
from sandbox.front import SITE, Front
from sandbox.platforms import registry
from sandbox.story import build
from sandbox.world import Chronicle

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """Signals are handled once, for all servers, in `serve`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def open_front(platform: str, url: str, chronicle: Chronicle) -> Front:
    """One stand-in with its door, its world brought to where the chronicle left it."""
    world = build(platform, chronicle.anchor, f"{url}{SITE}")
    for op in chronicle.operations.get(platform, []):
        world.apply(op)
    stand_in = registry()[platform](world, url)
    return Front(stand_in, Backstage(stand_in, chronicle).app)


async def serve(state: Path, ports: dict[str, int], *, reset: bool = False, ready_file: Path | None = None) -> None:
    """Run until SIGINT or SIGTERM. A taken port raises OSError before anything is served."""
    chronicle = Chronicle.open(state, reset=reset)
    sockets = {platform: bind(port) for platform, port in ports.items()}
    urls = {platform: f"http://{HOST}:{bound.getsockname()[1]}" for platform, bound in sockets.items()}
    servers = {
        platform: _Server(uvicorn.Config(open_front(platform, url, chronicle), log_level="error", lifespan="off"))
        for platform, url in urls.items()
    }

    def stop() -> None:
        for server in servers.values():
            server.should_exit = True

    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop)
    tasks = [asyncio.create_task(servers[p].serve(sockets=[sockets[p]])) for p in servers]
    while not all(server.started for server in servers.values()):
        for ended in (task for task in tasks if task.done()):
            ended.result()  # a stand-in that cannot start says why, and nobody waits for it
        await asyncio.sleep(0.01)
    announce(urls, ready_file)
    await asyncio.gather(*tasks)


def announce(urls: dict[str, str], ready_file: Path | None) -> None:
    """Say where everything is; the file appears whole or not at all."""
    line = json.dumps(urls)
    if ready_file is not None:
        ready_file.parent.mkdir(parents=True, exist_ok=True)
        draft = ready_file.with_name(ready_file.name + ".tmp")
        draft.write_text(line)
        draft.replace(ready_file)
    print(line, flush=True)


def bind(port: int) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY; without it every answer waits 40 ms for an acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError as reason:
        bound.close()
        raise OSError(reason.errno, f"The sandbox cannot have port {port} on {HOST}: {reason.strerror}") from reason
    return bound


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.serve", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of world.json")
    parser.add_argument("--ready-file", type=Path, help="where to write {platform: url} when all answer")
    parser.add_argument("--reset", action="store_true", help="begin a new world")
    for platform, stand_in in registry().items():
        parser.add_argument(f"--{platform}-port", type=int, default=stand_in.port, metavar="N", help="0: a free port")
    parser.add_argument("--only", default="", metavar="NAME,…", help="start only these stand-ins")
    options = parser.parse_args(arguments)
    wanted = options.only.split(",") if options.only else list(registry())
    ports = {platform: getattr(options, f"{platform}_port") for platform in registry() if platform in wanted}
    try:
        asyncio.run(serve(options.state, ports, reset=options.reset, ready_file=options.ready_file))
    except OSError as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
