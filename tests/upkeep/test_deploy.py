"""Units, containers and the fleet start the same processes with the same environment."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from app.core.database.turns import TurnKind
from app.core.jobs import JobState
from app.settings import ROOT, Settings
from app.upkeep.fleet import roles
from app.upkeep.fleet.roles import ROLES, ProcessRole
from app.upkeep.serving import health, metrics
from app.upkeep.setup import packages

DEPLOY = ROOT / "deploy"
OWN = {"HOST", "PORT", "LOUDA_METRICS_HOST", "LOUDA_METRICS_PORT"}  # of one process, beside what all are told
HARDENED = {
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "RestrictSUIDSGID": "yes",
    "SystemCallFilter": "@system-service",
}


def unit(role: ProcessRole) -> tuple[dict[str, str], list[str]]:
    """The [Service] of a unit, and the words of its Environment lines."""
    text = (DEPLOY / "systemd" / f"louda-{role.name}.service").read_text("utf-8")
    told = re.findall(r"^Environment=(.+)$", text, re.MULTILINE)
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Service"]), told


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return found


def example() -> dict[str, str]:
    lines = (DEPLOY / "louda.env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def seconds(value: str) -> int:
    return int(value.removesuffix("s"))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_unit_runs_the_command_of_its_role(role: ProcessRole) -> None:
    service, told = unit(role)
    assert service["ExecStart"].split() == [f"{roles.PROGRAM_FOLDER}/{roles.PYTHON}", *role.command[1:]]
    assert service["WorkingDirectory"] == roles.PROGRAM_FOLDER
    assert service["Type"] == ("oneshot" if role.brief else "simple")
    assert int(service["TimeoutStopSec"]) == role.stops_within_s
    assert {word.partition("=")[0] for word in told} <= OWN
    assert ("PORT=8000" in told) == role.listens
    assert (service["User"], service["EnvironmentFile"]) == (roles.USER, "/etc/louda/louda.env")
    assert f"/var/lib/{service['StateDirectory']}" == roles.DATA_FOLDER
    assert {name: service.get(name) for name in HARDENED} == HARDENED


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_compose_runs_each_role_as_often_as_the_fleet(role: ProcessRole, services: dict[str, Any]) -> None:
    names = [f"{role.name}-{number}" for number in range(1, role.count + 1)] if role.count > 1 else [role.name]
    for name in names:
        service = services[name]
        assert service["command"] == list(role.words)
        assert service["env_file"] == "louda.env"
        assert set(service.get("environment", {})) <= OWN
        assert seconds(service["stop_grace_period"]) == role.stops_within_s
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert service["volumes"] == [f"data:{roles.DATA_FOLDER}"]
        assert ("healthcheck" in service) == (role.name in ("web", "work"))
        waits_for = service["depends_on"].get("migrate", {}).get("condition")
        assert waits_for == (None if role.brief else "service_completed_successfully")


def test_compose_has_nothing_beside_the_roles_but_database_and_proxy(services: dict[str, Any]) -> None:
    count = sum(role.count for role in ROLES)
    assert len(services) == count + 2
    assert {"database", "proxy"} < set(services)
    nodes = services["proxy"]["environment"]["LOUDA_WEB_NODES"].split()
    assert [node.partition(":")[0] for node in nodes] == [name for name in services if name.startswith("web-")]


def test_the_environment_names_what_every_process_is_told() -> None:
    assert tuple(example()) == roles.variables()
    values = {**example(), "LOUDA_SECRET_KEY": "0" * 64, "LOUDA_STORE_URL": "s3://louda/prints"}
    for role in ROLES:
        told = roles.environment(values, role, "127.0.0.1", 8000, 8001)
        assert set(told) == {*roles.variables(), *(OWN if role.listens else OWN - {"HOST", "PORT"})}
        settings = Settings.from_env(told)
        assert [problem for problem in settings.problems() if "chmod" not in problem] == []
    assert str(settings.data_dir) == roles.DATA_FOLDER
    assert settings.is_log_json


def test_each_alarm_asks_for_figures_that_there_are_and_says_what_to_do(app: Flask) -> None:
    """`app`: its endpoints."""
    guide = (ROOT / "docs" / "operations" / "watching.md").read_text("utf-8")
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    jobs = dict.fromkeys(JobState, (1, 1))
    seen = health.examine(app.extensions["louda_settings"]).body()
    seen |= dict.fromkeys(metrics.FIGURES, 1) | {"problems": ["worker_silent"]}
    told = metrics.exposition(seen, jobs) + metrics.counted(None)
    names = {*re.findall(r"^# TYPE (\w+)", told, re.MULTILINE), "up"}
    assert len(rules) >= 10
    for rule in rules:
        asked = set(re.findall(r"\b(up|louda_\w+)\b", rule["expr"])) - {"louda"}
        assert {re.sub("_bucket$", "", name) for name in asked} <= names, rule["alert"]
        assert f"### {rule['alert']}\n" in guide
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(re.findall(r'endpoint="([^"]+)"', rule["expr"])) <= set(app.view_functions)
        assert set(re.findall(r'state="([^"]+)"', rule["expr"])) <= {str(state) for state in JobState}
        assert set(re.findall(r'kind="([^"]+)"', rule["expr"])) <= {str(kind) for kind in TurnKind}
    assert re.findall(r"^### (\w+)", guide, re.MULTILINE) == [rule["alert"] for rule in rules]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, words), continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], " ".join(line.split(None, 1)[1].split())) for line in lines]


def test_the_image_runs_the_command_as_a_user_without_rights() -> None:
    found = instructions()
    last = found[max(index for index, (name, _words) in enumerate(found) if name == "FROM") :]
    said = dict(last)
    assert said["USER"].split(":")[0].isdecimal()  # a cluster can see that it is not root
    assert int(said["USER"].split(":")[0]) > 0
    assert said["WORKDIR"] == roles.PROGRAM_FOLDER
    assert yaml.safe_load(said["ENTRYPOINT"]) == [roles.PYTHON, "-m", "app.cli"]
    assert yaml.safe_load(said["CMD"]) == ["web"]
    assert [name for name, _words in last].index("USER") > max(
        index for index, (name, _words) in enumerate(last) if name in ("RUN", "COPY")
    )


def test_the_image_keeps_the_usual_rules_and_has_what_printing_needs() -> None:
    found = instructions()
    assert [words for name, words in found if name == "ADD"] == []
    assert [words for name, words in found if name == "FROM" and (":" not in words or ":latest" in words)] == []
    for words in (words for name, words in found if name == "RUN" and "apt-get install" in words):
        assert "--no-install-recommends" in words
        assert "apt-get update" in words
        assert "rm -rf /var/lib/apt/lists/*" in words
    assert all("--require-hashes" in words for name, words in found if name == "RUN" and "pip install" in words)
    everything = " ".join(words for _name, words in found)
    assert [package for package in (*packages.PRINTING, "postgresql-client") if package not in everything] == []


def test_what_the_image_copies_is_there_and_let_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[0] == "!"}
    copied = [words.split()[:-1] for name, words in instructions() if name == "COPY" and "--from" not in words]
    names = {name for words in copied for name in words}
    assert names == let_through
    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_every_line_of_the_units() -> None:
    units = [str(path) for path in sorted((DEPLOY / "systemd").glob("*.service"))]
    assert len(units) == len(ROLES)
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in checked.stderr.splitlines() if "louda-" in line and "is not executable" not in line]
    assert ours == []


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_understands_its_file(tmp_path: Path) -> None:
    told = {"LOUDA_SITE": "http://127.0.0.1:9", "LOUDA_WEB_NODES": "127.0.0.1:1 127.0.0.2:1", "LOUDA_METRICS_PORT": "2"}
    command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    environment = {**told, "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path)}
    adapted = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert adapted.returncode == 0, adapted.stderr
    upstreams = yaml.safe_load(adapted.stdout)["apps"]["http"]["servers"]["srv0"]
    assert upstreams["read_timeout"] > 0
    assert str(upstreams).count("'dial': '127.0.0.") == roles.NODES
