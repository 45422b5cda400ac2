"""The processes of an installation of many machines, and the environment that all of them share.

`./louda fleet` starts them from here. The units under deploy/systemd, deploy/compose.yaml, deploy/louda.env.example and
deploy/Dockerfile say the same in their own languages; tests/upkeep/test_deploy.py compares them with this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from app.settings import Settings

PYTHON = ".venv/bin/python"  # from the folder of the program
NODES = 2
USER = "louda"
PROGRAM_FOLDER = "/opt/louda"
DATA_FOLDER = "/var/lib/louda"
# What every process is told, whatever its role.
SHARED = (
    "LOUDA_ENV",
    "LOUDA_DATABASE_URL",
    "LOUDA_SECRET_KEY",
    "LOUDA_DATA_DIR",
    "LOUDA_PUBLIC_URL",
    "LOUDA_TRUSTED_HOSTS",
    "LOUDA_TRUSTED_PROXIES",
    "LOUDA_LOG_FORMAT",
    "LOUDA_DRAIN_S",
)
# Settings of parts that not every version has: their variables are told where there is such a setting.
WHERE_PRESENT = ("store_url", "broker_url")


@dataclass(frozen=True)
class ProcessRole:
    """One kind of process. `count`: how many in a fleet; `stops_within_s`: until it is killed after SIGTERM, which for
    a server holds its drain, for a worker the job in hand. `listens` on the address of the pages and of the monitor;
    one that is `brief` ends by itself, before the others start."""

    name: str
    words: tuple[str, ...]
    count: int = 1
    stops_within_s: int = 30
    listens: bool = False
    brief: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        """Words from the folder of the program: no installer, which would need to write there."""
        return (PYTHON, "-m", "app.cli", *self.words)


ROLES = (
    ProcessRole("migrate", ("migrate",), brief=True),
    ProcessRole("web", ("web",), NODES, stops_within_s=45, listens=True),
    ProcessRole("work", ("work",), NODES, stops_within_s=90),
    ProcessRole("backup", ("backup", "--quiet", "--every", "15")),
)


def variables() -> tuple[str, ...]:
    """Names that the environment of every process must have in a fleet."""
    present = {field.name for field in fields(Settings)}
    return (*SHARED, *(f"LOUDA_{name.upper()}" for name in WHERE_PRESENT if name in present))


def environment(values: Mapping[str, str], role: ProcessRole, address: str, pages: int, monitor: int) -> dict[str, str]:
    """The variables of one process at `address`: the shared ones of `values`, and its own."""
    own = {"HOST": address, "PORT": str(pages)} if role.listens else {}
    told = {name: values[name] for name in variables() if values.get(name)}
    return {**told, **own, "LOUDA_METRICS_HOST": address, "LOUDA_METRICS_PORT": str(monitor)}
