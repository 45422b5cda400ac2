"""The processes of a fleet on this machine: PostgreSQL, each role as often as it is listed, Caddy in front.

Each web node has an address of its own (127.0.0.1, 127.0.0.2, …) and all the same ports, as machines have.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from app.settings import ROOT, Settings
from app.upkeep.fleet import roles
from app.upkeep.fleet.roles import ProcessRole

DATABASE_OWNER = "postgres"  # PostgreSQL refuses to run as root
READY_WITHIN_S = 120
PACKAGES = {"initdb": "postgresql", "caddy": "caddy"}


class FleetError(Exception):
    """The fleet cannot be started; the message says why."""


@dataclass
class Member:
    """One process, its log beside the others."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    stops_within_s: int = 30
    monitor: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """In a session of its own: Ctrl-C reaches only us."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """As if the machine lost its power: it and all that it started, at once."""
        if self.process is not None and self.process.poll() is None:
            for pid in _family(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and wait as long as its unit would. Raises FleetError if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(self.stops_within_s)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise FleetError(f"{self.name} did not stop within {self.stops_within_s} s") from error

    def wait_until_ready(self) -> None:
        """Until its monitor says so. Raises FleetError if it ends or takes too long."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not is_ready(self.monitor):
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise FleetError(f"{self.name} is not ready: see {self.log}")
            time.sleep(0.1)


def _family(pid: int) -> list[int]:
    """A process and all below it, the eldest first: it must not start a child anew."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for one in found:  # grows meanwhile
        found += parents.get(one, [])
    return found


def is_ready(monitor: str) -> bool:
    """Whether /readyz at this address says so."""
    try:
        with urlopen(f"{monitor}/readyz", timeout=5) as answer:  # noqa: S310 - an address of our own
            return int(answer.status) == 200
    except (URLError, OSError):
        return False


@dataclass
class Fleet:
    """Everything that runs. `site` is the address in front."""

    folder: Path
    site: str
    database_url: str
    members: dict[str, Member]

    def stop(self) -> None:
        """Those in front first, so that nothing is sent to who has gone."""
        for name in sorted(self.members, key=lambda name: ("front" not in name, "web" not in name)):
            self.members[name].stop()


@contextmanager
def started(folder: Path, given: Mapping[str, str], port: int, load: Callable[[Settings], None]) -> Iterator[Fleet]:
    """A running fleet in `folder`, kept there, with its front at 127.0.0.1:`port`; what `given` names is passed on.
    `load` is called when the database is up to date and nobody works on it yet.

    Raises FleetError where a program is missing or a process does not come up.
    """
    programs = {name: _program(name) for name in PACKAGES}
    logs, data = folder / "logs", folder / "data"
    for path in (folder, logs, data):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o711)  # the owner of the database passes through
    pages, monitor, of_work = _free_ports(3)
    with ExitStack() as stack:
        url = stack.enter_context(_database(programs["initdb"], folder))
        site = f"http://127.0.0.1:{port}"
        values = {
            "LOUDA_ENV": "development",
            "LOUDA_LOG_FORMAT": "json",
            "LOUDA_DRAIN_S": "3",
            "LOUDA_SECRET_KEY": _secret(folder),
            **given,
            "LOUDA_DATABASE_URL": url,
            "LOUDA_DATA_DIR": str(data),
            "LOUDA_PUBLIC_URL": site,
            "LOUDA_TRUSTED_HOSTS": "127.0.0.1,localhost",
            "LOUDA_TRUSTED_PROXIES": "1",
        }
        fleet = Fleet(folder, site, url, {})
        stack.callback(_end, fleet)
        for role in roles.ROLES:
            for number in range(1, role.count + 1):
                address = f"127.0.0.{number}"
                environment = _inherited() | roles.environment(
                    values, role, address, pages, monitor if role.listens else of_work
                )
                _start(fleet, role, number, environment, logs)
            if role.brief:
                load(Settings.from_env(environment))
        nodes = " ".join(f"127.0.0.{number}:{pages}" for number in range(1, roles.NODES + 1))
        told = {"LOUDA_SITE": site, "LOUDA_WEB_NODES": nodes, "LOUDA_METRICS_PORT": str(monitor)}
        command = [str(programs["caddy"]), "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/Caddyfile")]
        home = {"XDG_DATA_HOME": str(folder / "caddy"), "XDG_CONFIG_HOME": str(folder / "caddy")}
        fleet.members["front"] = Member("front", command, _inherited() | told | home, logs / "front.log")
        fleet.members["front"].start()
        _wait_for_front(port)
        yield fleet
        fleet.stop()


def _start(fleet: Fleet, role: ProcessRole, number: int, environment: dict[str, str], logs: Path) -> None:
    name = f"{role.name}-{number}" if role.count > 1 else role.name
    monitor = f"http://{environment['LOUDA_METRICS_HOST']}:{environment['LOUDA_METRICS_PORT']}"
    if role.name == "backup":
        environment["LOUDA_METRICS_PORT"] = "0"
    member = Member(name, role.command, environment, logs / f"{name}.log", role.stops_within_s, monitor)
    member.start()
    if role.brief:
        assert member.process is not None
        if member.process.wait() != 0:
            raise FleetError(f"{name} failed: see {member.log}")
        return
    fleet.members[name] = member
    if role.listens:
        member.wait_until_ready()


def _end(fleet: Fleet) -> None:
    for member in fleet.members.values():
        member.kill()


def _inherited() -> dict[str, str]:
    """What a process needs of its surroundings; no setting of ours, so that only what the roles name is told."""
    names = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONUTF8")
    found = {name: word for name, word in os.environ.items() if name in names or name.startswith("AWS_")}  # the store's
    return found | {"PYTHONUNBUFFERED": "1"}


def _secret(folder: Path) -> str:
    from app.upkeep.setup.secrets import ensure_secret

    return ensure_secret(folder).read_text(encoding="ascii").strip()


def _program(name: str) -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = installed[-1] if installed else Path(shutil.which(name) or "")
    if not found.is_file():
        raise FleetError(f"没有 {name}：请运行 apt-get install {PACKAGES[name]}。 {name} is not installed.")
    return found


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _wait_for_front(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5):
            return
        time.sleep(0.1)
    raise FleetError("the proxy does not answer: see front.log")


@contextmanager
def _database(initdb: Path, folder: Path) -> Iterator[str]:
    """PostgreSQL with its files in the folder, durable as in production, listening on this machine alone."""
    place, (port,) = folder / "postgresql", _free_ports(1)
    place.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(place, DATABASE_OWNER)
    data = place / "data"
    if not data.exists():
        _as_owner([str(initdb), "--auth=trust", f"--username={DATABASE_OWNER}", "--encoding=UTF8", "-D", str(data)])
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place} -c max_connections=200"
    control = [str(initdb.with_name("pg_ctl")), "-D", str(data), "-w"]
    _as_owner([*control, "-l", str(place / "log"), "-o", options, "start"])
    try:
        address = ["-h", "127.0.0.1", "-p", str(port), "-U", DATABASE_OWNER]
        listed = ["-tAc", "SELECT 1 FROM pg_database WHERE datname = 'louda'", "postgres"]
        if not _as_owner([str(initdb.with_name("psql")), *address, *listed]).strip():
            _as_owner([str(initdb.with_name("createdb")), *address, "louda"])
        yield f"postgresql+psycopg://{DATABASE_OWNER}@127.0.0.1:{port}/louda"
    finally:
        _as_owner([*control, "-m", "fast", "stop"])


def _as_owner(command: Sequence[str]) -> str:
    prefix = ["runuser", "-u", DATABASE_OWNER, "--"] if os.geteuid() == 0 else []
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*prefix, *command], cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        raise FleetError(f"{Path(command[0]).name} 失败 failed")
    return done.stdout.decode()


def settings_of(fleet: Fleet) -> Settings:
    """The settings of its members, for what looks into the database from outside."""
    member = fleet.members["web-1"]
    return Settings.from_env(member.environment)
