"""What `louda run` does before serving: a current database and, on a laptop with an empty one, the demo subdistrict."""

from __future__ import annotations

from importlib import import_module

from app.settings import Settings
from app.upkeep.database import schema

DEMO = "app.demo.first_day"
SIGN_INS = "demo.txt"
ADDRESS = "{address}"


def prepare(settings: Settings) -> bool:
    """Migrate; where a development database is empty, load the demo subdistrict with a day in progress.

    Returns whether the demo was loaded. Raises DatabaseUnreadable if the database cannot be reached, NoDatabase in
    production where there is none. Production never gets demo people or demo passwords.
    """
    if settings.is_production:
        refuse_missing_database(settings)
    schema.upgrade(settings)
    if settings.env != "development" or not is_empty(settings):
        return False
    print("装入演示街道，约一分钟 Loading the demo subdistrict, about a minute …", flush=True)
    demo = import_module(DEMO)
    demo.load(settings)
    lines: list[str] = demo.sign_ins(settings)
    path = settings.data_dir / SIGN_INS
    path.touch(mode=0o600)
    path.write_text("\n".join(lines).replace(settings.public_url, ADDRESS) + "\n", encoding="utf-8")
    return True


class NoDatabase(Exception):
    """A production installation has no database, and nobody asked for a new one; the message says the way out."""


def refuse_missing_database(settings: Settings) -> None:
    """Raises NoDatabase: an empty database in place of a lost one would take orders as if nothing had been.

    A file that no migration has run in is none either: whatever left it there, nothing was ever kept in it.
    """
    state = schema.state_of(settings)
    path = settings.sqlite_path
    is_gone = path is not None and not path.exists()
    if is_gone or not (state.present or state.error):
        where = path or "LOUDA_DATABASE_URL"
        raise NoDatabase(
            f"没有数据库（{where}），没有启动，也没有新建。若是新装，请先运行 ./louda migrate 建立空数据库；"
            "若数据库丢失，请运行 ./louda restore 恢复最近的备份。\n"
            f"There is no database ({where}); not started, nothing was made. On a new installation run ./louda migrate"
            " first; if the database was lost, restore the newest backup with ./louda restore."
        )


def is_empty(settings: Settings) -> bool:
    """Whether nobody has set up a subdistrict yet."""
    return not schema.rows_of(settings, "SELECT id FROM subdistrict LIMIT 1")


def sign_ins(settings: Settings, address: str) -> list[str]:
    """The lines that say how to sign in to the demo at `address`; none where this is no demo.

    They were written down when the demo was loaded: asking the database again would load every slice at each start.
    """
    try:
        text = (settings.data_dir / SIGN_INS).read_text(encoding="utf-8")
    except OSError:
        return []
    return text.replace(ADDRESS, address).splitlines() if settings.env == "development" else []
