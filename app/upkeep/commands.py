"""The commands of upkeep. Each reads settings, calls, prints; a refusal is a sentence and exit status 1."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.core import clock
from app.core.log import seals
from app.settings import Settings
from app.upkeep import doctor as examination
from app.upkeep import first_start
from app.upkeep.backups import backup as backups
from app.upkeep.backups import restoring, retention
from app.upkeep.backups.date_trust import TOLERANCE, DateTrust, date_trust_of
from app.upkeep.database import schema, schema_check
from app.upkeep.database.earlier_heads import UnknownRevision
from app.upkeep.serving import server
from app.upkeep.store import adopt_store, refuse_other_store

UNUSABLE = (UnknownRevision, first_start.NoDatabase, schema.DatabaseUnreadable, schema_check.CannotCompare)


@click.command()
def doctor() -> None:
    """检查缺什么、哪里不安全。 Say what is missing or unsafe; exit status 1 if anything is."""
    findings = examination.examine(Settings.from_env())
    click.echo(examination.report(findings))
    if not all(finding.is_right for finding in findings):
        raise SystemExit(1)


@click.command()
def migrate() -> None:
    """把数据库升级到最新版本。 Bring the database up to date."""
    settings = Settings.from_env()
    _refuse_unfinished_restore(settings)
    try:
        schema.upgrade(settings)
        _refuse_other_schema(settings)
    except UNUSABLE as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"数据库已是最新 The database is up to date: {schema.state_of(settings).present}")


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="另存到此目录 Write under this folder")
@click.option("--quiet", is_flag=True, help="只报告错误 Print errors only")
@click.option("--every", type=click.IntRange(1, 1440), help="每隔几分钟备份，直到停止 Again every so many minutes")
@click.option("--verify", "checked", type=click.Path(path_type=Path), help="只检查这个备份 Only check this backup")
def backup(out: Path | None, quiet: bool, every: int | None, checked: Path | None) -> None:
    """备份数据库和单据，并清理过期备份。 Back up database and documents, check the copy, drop expired backups."""
    settings = Settings.from_env()
    if checked is not None:
        problems = backups.verify(checked)
        if problems:
            raise click.ClickException("\n".join(problems))
        click.echo(f"备份完好 The backup is sound: {checked}")
        return
    if every is None:
        _back_up(settings, out, quiet)
        return
    stop = _stopped_by_signal()
    while not stop.is_set():
        try:
            _back_up(settings, out, quiet)
        except click.ClickException as error:  # the next one may succeed; its age is an alarm
            click.echo(error.message, err=True)
        stop.wait(every * 60)


def _back_up(settings: Settings, out: Path | None, quiet: bool) -> None:
    _seal_log(settings)
    try:
        folder = backups.create(settings, out)
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from error
    backups.prune(settings, out)
    for path in retention.from_the_future(out or settings.backups_dir):
        click.echo(
            f"备份的日期在将来，请检查系统时钟 A backup is dated in the future, check the clock: {path}", err=True
        )
    if not quiet:
        click.echo(f"已备份 Backed up: {folder}")


def _seal_log(settings: Settings) -> None:
    """What was not sealed could be changed in the copy unseen. A log that cannot be sealed is copied all the same."""
    try:
        app = import_module("app.factory").create_app(settings)
        with app.app_context():
            seals.seal_waiting()
    except Exception as error:
        click.echo(f"操作记录没有封存 The event log was not sealed: {type(error).__name__}", err=True)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="不再询问 Do not ask")
@click.option("--today", help="今天的日期，如 2022-04-12 The date, where it is not certain")
def restore(folder: Path | None, yes: bool, today: str | None) -> None:
    """从备份恢复（默认最近一次）。 Restore a backup, the newest if none is named. Stop the server first.

    恢复后的数据库会升级到当前版本，并执行备份以后到期的清除。
    It is brought up to date and purged of what was due since.
    """
    settings = Settings.from_env()
    chosen = folder or retention.newest(settings.backups_dir)
    if chosen is None:
        raise click.ClickException(f"{settings.backups_dir} 里没有备份。 There is no backup.")
    _refuse_doubtful_date(settings, chosen, today)
    if not yes:
        day = clock.today().isoformat()
        question = f"今天是 {day}，用 {chosen.name} 替换现有数据？ Today is {day}. Replace the present data?"
        click.confirm(question, abort=True)
    try:
        kept = backups.restore(settings, chosen)
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from error
    (settings.data_dir / seals.HEADS_FILE).unlink(missing_ok=True)  # the log is that of the backup from now on
    if not settings.store_url:
        adopt_store(settings)  # the documents of the backup lie in the folder now
    click.echo(f"已恢复 Restored: {chosen}")
    if kept is not None:
        click.echo(f"原数据库保存为 The former database is kept as: {kept}")


def _refuse_doubtful_date(settings: Settings, chosen: Path, today: str | None) -> None:
    """A restore purges what is due by today's date and has the clock believed from then on, by which backups go too: a
    person says the date unless ticks in the present database and the backup both agree with it. Raises ClickException.
    """
    shown = clock.today().isoformat()
    taken = backups.instant_of(chosen)
    is_near = taken is not None and abs(clock.now() - taken) <= TOLERANCE
    if today is None and not (is_near and date_trust_of(settings) is DateTrust.TRUSTED):
        day = clock.to_local(taken).date().isoformat() if taken is not None else "?"
        raise click.ClickException(
            f"系统时钟显示 {shown}，所选备份是 {day} 的，不能确定日期正确；恢复会按它清除到期的个人信息，"
            f"以后也按它清理备份。时钟正确就加上 --today {shown}，否则先拨准时钟。"
            f" The clock shows {shown} and the backup is of {day}; whether the date is right is not certain, and a"
            f" restore purges by it, as later do the backups: add --today {shown} if it is right, else set the clock."
        )
    if today not in (None, shown):
        raise click.ClickException(f"系统时钟显示 {shown}，不是 {today}：请先拨准时钟。 The clock shows another day.")


@click.command("confirm-date")
@click.argument("day")
@with_appcontext
def confirm_date(day: str) -> None:
    """确认今天的日期（如 2022-04-12），之后恢复自动清除。 Confirm the date; what waits for it goes on."""
    from app.core import clock_trust
    from app.core.errors import LoudaError
    from app.core.events import SYSTEM

    try:
        clock_trust.confirm(SYSTEM, day)
    except LoudaError as error:
        raise click.ClickException(str(error.sentence)) from error
    click.echo(f"已确认 Confirmed: {day}")


@click.command()
@with_appcontext
def work() -> None:
    """只启动后台任务。 Run waiting jobs until stopped; the job in hand is finished first."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.core.db import db
    from app.core.queue import bell, worker
    from app.upkeep.serving import keeper, lane, messenger, metrics
    from app.upkeep.serving.health import Beat
    from app.upkeep.serving.hourly import Hourly

    _refuse_unfinished_restore(Settings.from_env())
    try:
        _refuse_other_schema(Settings.from_env())
    except UNUSABLE as error:
        raise click.ClickException(str(error)) from error
    settings = Settings.from_env()
    refuse_other_store(settings)
    hourly, beat = Hourly(), Beat(settings)
    stop = _stopped_by_signal()
    kinds, waiting = worker.kinds_of(settings.lanes), bell.Bell(db.engine, stop)
    app: Flask = getattr(current_app, "_get_current_object")()  # noqa: B009 - the proxy itself knows no threads
    quick = lane.open_lane(app, stop) if "quick" in settings.lanes else nullcontext()
    told = messenger.messenger_running(app, stop)
    with metrics.serving(settings), backups.serving(settings), keeper.keeper_running(app, stop), quick, told:
        while not stop.is_set():
            beat()
            try:
                hourly.ask_if_due()
                ran = worker.run_next(kinds)
            except SQLAlchemyError as error:  # a full disk or a database that restarts: wait, do not give up
                click.echo(f"数据库暂不可用 Database unavailable: {str(error).splitlines()[0]}", err=True)
                ran = False
            if not ran:
                waiting.wait()
        waiting.close()


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


@click.command()
def web() -> None:
    """只启动网页。 Start the web server alone; worker and backups are processes of their own."""
    settings = Settings.from_env()
    problems = settings.problems()
    if problems:
        raise click.ClickException("\n".join(problems))
    _refuse_unfinished_restore(settings)
    try:
        server.refuse_taken_port(settings)
        _refuse_other_schema(settings)
        refuse_other_store(settings)
        raise SystemExit(server.serve(settings, lambda address: announce(settings, address), has_worker=False))
    except (server.ServerError, *UNUSABLE) as error:
        raise click.ClickException(str(error)) from error


@click.command()
def run() -> None:
    """启动网页和后台任务。 Start web server and worker; on first start also database and demo subdistrict."""
    settings = Settings.from_env()
    problems = settings.problems()
    if problems:
        raise click.ClickException("\n".join(problems))
    _refuse_unfinished_restore(settings)
    try:
        server.refuse_taken_port(settings)
        if first_start.prepare(settings):
            os.execv(sys.executable, [sys.executable, "-m", "app.cli", "run"])  # leave behind what the demo loaded
        _refuse_other_schema(settings)
        refuse_other_store(settings)
        raise SystemExit(server.serve(settings, lambda address: announce(settings, address)))
    except (server.ServerError, *UNUSABLE) as error:
        raise click.ClickException(str(error)) from error


def _refuse_unfinished_restore(settings: Settings) -> None:
    sentence = restoring.unfinished_restore(settings)
    if sentence:
        raise click.ClickException(sentence)


def _refuse_other_schema(settings: Settings) -> None:
    """Raises ClickException, with the missing names and the way out, where the database is not as the program needs."""
    state = schema.state_of(settings)
    if state.error:
        raise click.ClickException(state.error)
    if not state.is_current:
        raise click.ClickException(
            f"数据库版本是 {state.present or '空'}，应为 {state.wanted}：请运行 ./louda migrate。"
            f" The database is at {state.present or 'nothing'}, not {state.wanted}: run ./louda migrate."
        )
    missing = schema_check.differences(settings)
    if missing:
        raise click.ClickException(schema_check.refusal(missing))


def announce(settings: Settings, address: str) -> None:
    """Print where the pages are, how to sign in on a fresh installation, and what would go wrong on paper."""
    click.echo(f"\n楼达已启动 Louda is running: {address}\n")
    for line in first_start.sign_ins(settings, address):
        click.echo(f"  {line}")
    for problem in examination.paper_problems():
        click.echo(f"\n  注意，打印会有问题 Printing will go wrong: {problem}")
    click.echo("\n按 Ctrl-C 停止 Press Ctrl-C to stop")
