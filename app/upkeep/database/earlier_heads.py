"""Databases that cannot simply be walked up the migrations: made by a head whose migrations were edited, or unknown.

Between 0013 and 0014 three heads wrote the tables of 0014 into earlier migrations. Their databases say 0013 and hold
what 0014 makes; walking on would lose which line stands in for which, and stop at a table that is there already. They
are marked as being at 0014, and 0015 brings what they still lack.
"""

from __future__ import annotations

from app.settings import Settings

OLDEST = "0013_guards"  # no head in use ever left a database at an earlier migration
BEFORE_SUBSTITUTION = "0013_guards"
SUBSTITUTION = "0014_substitution"


class UnknownRevision(Exception):
    """The database is at a revision that no migration of this program leads on from; the message says the way out."""


def recognise(settings: Settings) -> bool:
    """Mark a database that says 0013 and holds what 0014 makes as being at 0014; returns whether it did."""
    from sqlalchemy import create_engine, inspect, text

    from app.core.database.engines import prepare_engine

    engine = create_engine(settings.database_url, execution_options={"immediate": True})
    prepare_engine(engine)
    try:
        with engine.begin() as connection:
            inspector = inspect(connection)
            if not inspector.has_table("alembic_version"):
                return False
            present = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
            columns = {column["name"] for column in inspector.get_columns("order_line")} if present else set()
            is_ahead = present == [BEFORE_SUBSTITUTION] and "substitute_for_id" in columns
            if is_ahead:
                connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": SUBSTITUTION})
            return is_ahead
    finally:
        engine.dispose()


def refuse_unknown(present: str, known: set[str]) -> None:
    """Raises UnknownRevision where `present` (revisions, comma-separated, "" for an empty database) is not known."""
    strange = [name for name in present.split(", ") if name and (name not in known or name < OLDEST)]
    if not strange:
        return
    name = strange[0]
    newest = max(known, default="")
    if name[:4].isdigit() and name[:4] > newest[:4]:
        raise UnknownRevision(
            f"数据库版本 {name} 比本程序新（本程序到 {newest}）：请换用升级时的那个程序版本，或用 ./louda restore"
            " 恢复升级以前的备份。数据没有改动。\n"
            f"The database is at {name}, newer than this program ({newest}): start the program version that upgraded"
            " it, or restore a backup from before that with ./louda restore. Nothing was changed."
        )
    raise UnknownRevision(
        f"数据库版本 {name} 本程序不认识，不能升级：它由最早的试用版建立。请用建立它的程序版本导出名册、商品和订单，"
        "再在新的数据目录（LOUDA_DATA_DIR）或新的数据库（LOUDA_DATABASE_URL）里用 ./louda import 导入；"
        "或用 ./louda restore 恢复较新的备份。数据没有改动。\n"
        f"The database is at {name}, which this program does not know and cannot upgrade: export places, items and"
        " orders with the version that made it, import them into a new data folder with ./louda import, or restore a"
        " newer backup with ./louda restore. Nothing was changed."
    )
