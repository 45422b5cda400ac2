"""What is missing or unsafe in this installation: a list of findings, each true or wrong, each with the way out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core import clock
from app.printing.pdf import release
from app.settings import SECRET_BYTES_AT_LEAST, SECRET_FILE, Settings, is_open_to_everyone
from app.upkeep.backups import date_trust, restoring, retention
from app.upkeep.database import schema, schema_check
from app.upkeep.setup import fonts
from app.upkeep.store import probe

FREE_MIB_AT_LEAST = 500
SET_UP_PRINTING = "apt-get install {}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `zh` and `en` say what is so; when it is wrong they also say what to do."""

    is_right: bool
    zh: str
    en: str


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything; changes nothing and never raises for what it finds."""
    return (
        *_libraries(),
        *_fonts(),
        *_print_speed(settings),
        *_secret(settings),
        *_settings(settings),
        *_folders(settings),
        *_store(settings),
        *_database(settings),
        *_backups(settings),
        *_disk(settings.data_dir),
    )


def paper_problems() -> tuple[str, ...]:
    """What would go wrong on paper, in both languages: said at each start, before anything is printed."""
    wrong = [finding for finding in (*_libraries(), *_fonts()) if not finding.is_right]
    return tuple(f"{finding.zh}\n  {finding.en}" for finding in wrong)


def report(findings: tuple[Finding, ...]) -> str:
    """The findings one a line, wrong ones marked and in both languages, and a closing count."""
    lines = [
        f"  好  {finding.zh}" if finding.is_right else f"  错  {finding.zh}\n      {finding.en}" for finding in findings
    ]
    wrong = sum(not finding.is_right for finding in findings)
    closing = f"有 {wrong} 处需要处理。 {wrong} to put right." if wrong else "一切正常。 Everything is in order."
    return "\n".join([*lines, closing])


def _libraries() -> Iterator[Finding]:
    libraries = (
        ("排版库 Pango", "Pango", "libpango-1.0-0 libpangoft2-1.0-0", ("libpangoft2-1.0.so.0",)),
        ("字体子集库 HarfBuzz", "HarfBuzz subsetting", "libharfbuzz-subset0", ("libharfbuzz-subset.so.0",)),
    )
    for zh, en, package, names in libraries:
        command = SET_UP_PRINTING.format(package)
        if fonts.has_library(*names):
            yield Finding(True, f"{zh} 已安装", f"{en} is installed")
        else:
            yield Finding(
                False,
                f"缺少{zh}，打印会失败或慢二十倍：请运行 {command}",
                f"{en} is missing, printing fails or is twenty times slower: {command}",
            )


def _fonts() -> Iterator[Finding]:
    command = SET_UP_PRINTING.format("fonts-noto-cjk fonts-babelstone-han")
    try:
        missing = fonts.missing_glyphs()
    except fonts.FontsUnknown:
        missing = fonts.NAME_CHARACTERS + fonts.SHEET_CHARACTERS
    if missing:
        yield Finding(False, f"字体缺字 {missing}：请运行 {command}", f"No installed font has {missing}: {command}")
    else:
        yield Finding(True, f"字体齐全，含生僻字 {fonts.NAME_CHARACTERS}", "Fonts cover rare names")


def _print_speed(settings: Settings) -> Iterator[Finding]:
    """Printing works either way; a person who waits should know why it takes its time."""
    found, tested = release.installed_release(), release.TESTED_RELEASE
    if not release.is_tested_release():
        yield Finding(
            False,
            f"排版引擎 WeasyPrint 是 {found or '（没有装）'}，提速部分只适合 {tested}：照样打印，只是慢，也可能没有四角"
            f"定位标记。请运行 pip install weasyprint=={tested}",
            f"WeasyPrint is {found or 'not installed'}, what makes printing fast was written for {tested}: sheets are"
            f" printed, slower and perhaps without corner marks. Run pip install weasyprint=={tested}",
        )
    elif not settings.is_print_fast:
        yield Finding(True, "打印提速已用 LOUDA_PRINT_FAST=0 关闭", "LOUDA_PRINT_FAST=0: printing is not sped up")
    else:
        yield Finding(True, f"打印提速适合 WeasyPrint {found}", f"Printing is sped up (WeasyPrint {found})")


def _secret(settings: Settings) -> Iterator[Finding]:
    path = settings.data_dir / SECRET_FILE
    if len(settings.secret_key.encode()) >= SECRET_BYTES_AT_LEAST:
        yield Finding(True, f"密钥不少于 {SECRET_BYTES_AT_LEAST} 字节", "The secret key is long enough")
    if path.exists() and path.stat().st_mode & 0o077:
        yield Finding(False, f"{path} 别人也能读：请运行 chmod 600 {path}", f"Others can read {path}: chmod 600 {path}")


def _settings(settings: Settings) -> Iterator[Finding]:
    problems = settings.problems()
    for problem in problems:
        zh, _, en = problem.partition("。 ")
        yield Finding(False, zh, en)
    if not problems:
        yield Finding(True, f"设置安全（{settings.env}）", "Settings are safe")


def _folders(settings: Settings) -> Iterator[Finding]:
    wrong = False
    for path in (settings.data_dir, *settings.private_paths()):
        if not path.exists() and path.parent == settings.data_dir and path.suffix:
            continue
        if not os.access(path, os.W_OK):
            wrong = True
            yield Finding(
                False, f"不能写入 {path}：请检查是否存在、归谁所有", f"{path} is missing or cannot be written"
            )
        elif is_open_to_everyone(path):
            wrong = True
            yield Finding(
                False, f"其他用户能进入 {path}：请运行 chmod o-rwx {path}", f"Others can enter: chmod o-rwx {path}"
            )
    if not wrong:
        yield Finding(True, f"数据目录只有本用户可读写：{settings.data_dir}", "The data folder is private")


def _store(settings: Settings) -> Iterator[Finding]:
    if settings.store_url and (wrong := probe(settings)):
        zh, en = wrong.split("。 ")
        yield Finding(False, zh, en)
    elif settings.store_url:
        yield Finding(True, f"单据存放在 {settings.store_url}", f"Files lie in {settings.store_url}")


def _database(settings: Settings) -> Iterator[Finding]:
    state = schema.state_of(settings)
    name = "SQLite" if settings.is_sqlite else "PostgreSQL"
    if state.error:
        yield Finding(False, f"数据库 {name} 打不开：{state.error}", f"The {name} database cannot be opened")
    elif state.present != state.wanted:
        yield Finding(
            False,
            f"数据库版本是 {state.present or '空'}，应为 {state.wanted}：请运行 ./louda migrate",
            f"The database is at {state.present or 'nothing'}, not {state.wanted}: run ./louda migrate",
        )
    else:
        yield Finding(True, f"数据库 {name} 已升级到 {state.wanted}", f"The {name} database is up to date")
        yield from _schema(settings)


def _schema(settings: Settings) -> Iterator[Finding]:
    try:
        missing = schema_check.differences(settings)
    except schema_check.CannotCompare as error:
        yield Finding(False, str(error), "The schema cannot be compared with the models")
    except schema.DatabaseUnreadable:
        return  # said by the finding above
    else:
        if missing:
            zh, _, en = schema_check.refusal(missing).partition("\n")
            yield Finding(False, zh, en)


def _backups(settings: Settings) -> Iterator[Finding]:
    sentence = restoring.unfinished_restore(settings)
    if sentence:
        zh, _, en = sentence.partition("\n")
        yield Finding(False, zh, en)
    for path in retention.from_the_future(settings.backups_dir):
        yield Finding(
            False,
            f"备份 {path.name} 的日期在将来：请检查系统时钟，然后把它改名或移走",
            f"Backup {path.name} is dated in the future: check the clock, then rename or move it",
        )
    if date_trust.date_trust_of(settings) is date_trust.DateTrust.DOUBTED:
        yield Finding(
            False,
            f"系统时钟显示 {clock.today().isoformat()}，日期有疑问，清除和默认签收暂停："
            "时钟正确就运行 ./louda confirm-date 日期",
            "The date is in doubt, nothing is purged: set the clock right and run ./louda confirm-date DATE",
        )


def _disk(data_dir: Path) -> Iterator[Finding]:
    place = data_dir if data_dir.exists() else data_dir.parent
    try:
        free = shutil.disk_usage(place).free // 2**20
    except OSError as error:
        yield Finding(False, f"看不到磁盘 {place}：{error}", f"The disk of {place} cannot be read")
        return
    if free < FREE_MIB_AT_LEAST:
        yield Finding(
            False,
            f"磁盘只剩 {free} MiB，至少要 {FREE_MIB_AT_LEAST} MiB：请清理或换盘",
            f"Only {free} MiB of disk are left, {FREE_MIB_AT_LEAST} are needed",
        )
    else:
        yield Finding(True, f"磁盘还有 {free} MiB", f"{free} MiB of disk are free")
