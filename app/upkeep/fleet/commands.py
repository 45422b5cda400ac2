"""`louda fleet`: every process of a large installation on this machine, to try it or to break it on purpose."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import click

from app.settings import Settings
from app.upkeep.fleet import processes
from app.upkeep.fleet.processes import Fleet, FleetError, settings_of


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="数据放在这里，不删除 Keep data here")
@click.option("--port", default=8080, help="入口端口 The port in front", show_default=True)
@click.option("--drill", is_flag=True, help="演练后停止 Run the drills, then stop")
def fleet(folder: Path | None, port: int, drill: bool) -> None:
    """在一台机器上启动全部进程：PostgreSQL、两个网页、两个后台、备份、Caddy。

    Start every process of a large installation on this machine; with --drill kill and restart some while households
    order, and exit with status 1 unless every order is there once.
    """
    failures: list[str] = []
    try:
        with _in(folder) as place, processes.started(place.absolute(), os.environ, port, _load_demo) as running:
            for line in import_module("app.upkeep.first_start").sign_ins(settings_of(running), running.site):
                click.echo(f"  {line}")
            click.echo(f"已启动 The fleet is running: {running.site}\n日志 Logs: {running.folder / 'logs'}")
            if drill:
                failures = _drill(running)
            else:
                _until_told()
    except FleetError as error:
        raise click.ClickException(str(error)) from error
    if failures:
        sys.exit(1)


@contextmanager
def _in(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="louda-fleet-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _load_demo(settings: Settings) -> None:
    """Something to look at: where the database is empty, the demo subdistrict."""
    first_start = import_module("app.upkeep.first_start")
    if first_start.is_empty(settings):
        first_start.prepare(settings)


def _until_told() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    stop.wait()


def _drill(running: Fleet) -> list[str]:
    """Each trial on its own line. Returns what went wrong."""
    from app.upkeep.fleet.drills import Drills

    drills, members = Drills(running), running.members
    failures: list[str] = []

    def ordering(name: str, what: Callable[[], None], may_repeat: bool = True) -> None:
        told = drills.while_ordering(what)
        wrong = [*told.refused, *([f"{told.repeated} requests repeated"] if told.repeated and not may_repeat else [])]
        click.echo(f"{name}: {len(told.placed)} placed, {told.repeated} requests repeated, {wrong or 'all there once'}")
        failures.extend(f"{name}: {one}" for one in wrong)

    def worker(name: str, what: Callable[[], None]) -> None:
        ended = drills.job_done_although(what)
        click.echo(f"{name}: job {ended}")
        if ended != "succeeded":
            failures.append(f"{name}: {ended}")

    def killed(name: str) -> Callable[[], None]:
        def kill() -> None:
            members[name].kill()

        return kill

    def restarted() -> None:
        members["web-1"].stop()
        members["web-1"].start()
        members["web-1"].wait_until_ready()

    ordering("nothing happens", lambda: None, may_repeat=False)
    ordering("a web node is stopped and started again", restarted, may_repeat=False)
    ordering("a web node is killed", killed("web-1"))
    members["web-1"].start()
    members["web-1"].wait_until_ready()
    worker("both workers are killed while one works, one comes back", _both_killed(members))
    members["work-2"].start()
    return failures


def _both_killed(members: dict[str, processes.Member]) -> Callable[[], None]:
    def kill() -> None:
        members["work-1"].kill()
        members["work-2"].kill()
        members["work-1"].start()

    return kill
