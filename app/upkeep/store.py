"""The store of finished files on the command line, and at the start: is it the one of this database?"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.core.store.chosen import store_of
from app.core.store.store import Store, StoreUnavailable
from app.settings import Settings

if TYPE_CHECKING:
    from app.core.store.bucket import BucketStore

KINDS = ("documents", "uploads", "marks")
UNANSWERED = (
    "存放单据的地方没有回应：请检查 LOUDA_STORE_URL、密钥和网络。"
    " The store does not answer: check LOUDA_STORE_URL, credentials and network."
)


def refuse_other_store(settings: Settings) -> None:
    """Raises ClickException where the database's files lie elsewhere. One machine with its folder is not asked."""
    if settings.is_sqlite and not settings.store_url:
        return
    from app.core.store.mark import is_ours

    engine = create_engine(settings.database_url, poolclass=NullPool)
    try:
        if is_ours(engine, store_of(settings)):
            return
    except StoreUnavailable as error:
        raise click.ClickException(UNANSWERED) from error
    except SQLAlchemyError:
        return  # told by the look at the schema
    place = settings.store_url or settings.documents_dir
    raise click.ClickException(
        f"{place} 不是这个数据库存放单据的地方：另一台机器打印的单据在这里打不开。请在各台机器上使用同一个文件夹，"
        f"或设置同一个 LOUDA_STORE_URL；确定换地方时运行 ./louda store adopt。"
        f" {place} does not hold this database's files: sheets that another machine printed would be missing here."
        " Share one folder or set one LOUDA_STORE_URL; to change the place for good run ./louda store adopt."
    )


def adopt_store(settings: Settings) -> None:
    """Take the present place for the database's files from now on. Raises ClickException."""
    from app.core.store import mark

    engine = create_engine(settings.database_url, poolclass=NullPool)
    try:
        mark.adopt(engine, store_of(settings))
    except StoreUnavailable as error:
        raise click.ClickException(UNANSWERED) from error


def probe(settings: Settings) -> str:
    """Write, read and delete a small file; returns what is wrong in both languages, "" if nothing is."""
    key = f"uploads/{secrets.token_hex(32)}"
    try:
        store = store_of(settings)
        store.add(key, b"")
        is_kept = store.has(key)
        store.remove(key)
    except (StoreUnavailable, OSError):
        return UNANSWERED
    return "" if is_kept else UNANSWERED


@click.group()
def store() -> None:
    """存放单据的地方。 Where finished files lie."""


@store.command()
def move() -> None:
    """把数据目录里的单据搬进 LOUDA_STORE_URL。 Bring files of the data folder into the bucket.

    可以随时中断、再次运行；搬的时候单据照常能打开。 It can be cut short and run again; files are readable meanwhile.
    """
    settings = Settings.from_env()
    bucket = _bucket(settings)
    moved = 0
    try:
        for kind in KINDS:
            for entry in list(bucket.unmoved(kind)):
                bucket.move_here(entry.key)
                moved += 1
    except StoreUnavailable as error:
        raise click.ClickException(f"已搬 {moved} 个 moved。 {UNANSWERED}") from error
    click.echo(f"已搬 Moved: {moved}")


@store.command()
def adopt() -> None:
    """以后用这个地方存放本数据库的单据。 Take this place for the files of this database from now on."""
    settings = Settings.from_env()
    adopt_store(settings)
    click.echo(f"单据存放在 Files lie in: {settings.store_url or settings.documents_dir}")


def _bucket(settings: Settings) -> BucketStore:
    if not settings.store_url:
        raise click.ClickException("没有设置 LOUDA_STORE_URL。 LOUDA_STORE_URL is not set.")
    from app.core.store.bucket import BucketStore

    found: Store = store_of(settings)
    assert isinstance(found, BucketStore)
    return found
