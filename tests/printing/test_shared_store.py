"""Finished files in a folder and in a bucket that two machines share; an S3 service stands in for the real one."""

from __future__ import annotations

import hashlib
import logging
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest import mock

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from moto.server import ThreadedMotoServer

from app.access.models import Account
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.input.imports import KEEP, store_upload, stored_upload
from app.core.store import bucket as buckets
from app.core.store import mark
from app.core.store.bucket import BucketStore
from app.core.store.chosen import store_of
from app.core.store.store import FolderStore, Store, StoreUnavailable
from app.factory import create_app
from app.oversight.purge import service as purge
from app.printing import files
from app.printing.models import Document
from app.settings import Settings, SettingsError
from app.upkeep import doctor
from app.upkeep import store as commands
from tests import messages, world
from tests.conftest import POSTGRES, settings_for
from tests.printing.day import ask, documents
from tests.printing.day import day as day
from tests.world import World

BODY = b"%PDF-1.7 a sheet"
SHA = hashlib.sha256(BODY).hexdigest()
KEY = f"documents/{SHA}.pdf"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of an S3 service with one bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/louda", method="PUT"))
    yield address
    server.stop()


@pytest.fixture
def bucket_url(service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An empty place in it; the variables are those of every S3 program."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "louda",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": service,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return f"s3://louda/{tmp_path.name}"


def folder_store(folder: Path) -> FolderStore:
    return FolderStore({"documents": folder / "documents", "uploads": folder / "uploads"})


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return folder_store(tmp_path)
    return BucketStore(request.getfixturevalue("bucket_url"), folder_store(tmp_path))


def test_a_file_is_kept_once_read_whole_listed_and_removed(store: Store, tmp_path: Path) -> None:
    assert (store.read(KEY), store.has(KEY)) == (None, False)
    store.add(KEY, BODY)
    store.add(KEY, BODY)
    written = tmp_path / "written"
    written.write_bytes(BODY)
    store.add_file(KEY, written)
    assert not written.exists()
    assert (store.read(KEY), store.has(KEY)) == (BODY, True)
    assert [(one.key, one.size) for one in store.entries("documents")] == [(KEY, len(BODY))]
    assert list(store.entries("uploads")) == []
    store.remove(KEY)
    store.remove(KEY)
    assert (store.read(KEY), store.has(KEY)) == (None, False)


@pytest.mark.parametrize("key", ["documents/../secret.key", "documents/x", "/etc/passwd", "secrets/" + "0" * 64])
def test_a_key_never_leads_out_of_the_store(tmp_path: Path, key: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        folder_store(tmp_path).read(key)


def test_bytes_that_were_changed_in_the_bucket_are_not_given_out(bucket_url: str, tmp_path: Path) -> None:
    store = BucketStore(bucket_url, folder_store(tmp_path))
    store.add(KEY, b"something else")
    with pytest.raises(StoreUnavailable):
        store.read(KEY)


def test_an_upload_waits_a_day_whichever_machine_took_it(store: Store) -> None:
    digest = store_upload(store, b"a,b\n")
    assert stored_upload(store, digest) == b"a,b\n"
    with clock.shifted_by(KEEP + timedelta(minutes=1)):
        other = store_upload(store, b"c,d\n")
    assert {one.key for one in store.entries("uploads")} <= {f"uploads/{other}"}


def test_what_one_machine_prints_another_one_hands_out(app: Flask, day: World, bucket_url: str, tmp_path: Path) -> None:
    """Two machines with one database, data folders of their own and one bucket."""
    settings = app.extensions["louda_settings"]
    with mock.patch.dict(app.extensions, louda_settings=replace(settings, store_url=bucket_url)):
        ask(day, "tally")
        sheet = documents("tally")[0]
        here = world.sign_in(app, day, "supplies").get(f"/cycles/{day.cycle.id}/print/sheet/{sheet.id}.pdf").data
    assert list(settings.documents_dir.glob("*.pdf")) == []
    elsewhere = replace(settings_for(tmp_path / "elsewhere", settings.database_url), store_url=bucket_url)
    other = create_app(elsewhere)
    page, account = f"/cycles/{day.cycle.id}/print/sheet/{sheet.id}.pdf", day.accounts["supplies"].id
    db.session.remove()
    with other.app_context():
        there = world.sign_in_as(other, db.session.get_one(Account, account)).get(page)
        db.session.remove()
        db.engine.dispose()
    assert there.status_code == 200
    assert hashlib.sha256(there.data).digest() == hashlib.sha256(here).digest()


def test_a_store_that_does_not_answer_is_said_on_the_page_and_loses_nothing(
    app: Flask, day: World, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "TRIES", 1)
    settings = app.extensions["louda_settings"]
    ask(day, "tally")
    page = f"/cycles/{day.cycle.id}/print/sheet/{documents('tally')[0].id}.pdf"
    client = world.sign_in(app, day, "supplies")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    away = replace(settings, store_url=f"{bucket_url}-away")
    with mock.patch.dict(app.extensions, louda_settings=away):
        answer = client.get(page)
        assert answer.status_code == 503
        assert messages.STORE_AWAY in answer.get_data(as_text=True)
        job = ask(day, "bag_list")
        assert (job.state, documents("bag_list")) == ("failed", [])
        assert messages.STORE_AWAY in job.error
    assert commands.probe(away)
    assert any(commands.UNANSWERED.startswith(found.zh) for found in doctor.examine(away) if not found.is_right)
    assert client.get(page).data.startswith(b"%PDF")


def test_files_of_before_are_readable_while_they_are_moved_and_the_move_can_be_cut_short(
    tmp_path: Path, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_store(tmp_path / "data")
    bodies = {f"documents/{hashlib.sha256(body).hexdigest()}.pdf": body for body in (b"one", b"two", b"three")}
    for key, body in bodies.items():
        folder.add(key, body)
    monkeypatch.setenv("LOUDA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LOUDA_SECRET_KEY", "s" * 32)
    assert CliRunner().invoke(commands.store, ["move"]).exit_code != 0  # no bucket is set
    monkeypatch.setenv("LOUDA_STORE_URL", bucket_url)
    store = store_of(Settings.from_env())
    assert {key: store.read(key) for key in bodies} == bodies
    moving = BucketStore.add
    with monkeypatch.context() as patch:
        patch.setattr(
            BucketStore, "add", lambda self, key, body: moving(self, key, body[:1] if body == b"two" else body)
        )
        cut_short = CliRunner().invoke(commands.store, ["move"])
    assert cut_short.exit_code != 0
    assert {key: folder.read(key) or store.read(key) for key in bodies} == bodies
    damaged = next(key for key, body in bodies.items() if body == b"two")
    assert folder.has(damaged)
    another = BucketStore(bucket_url, folder_store(tmp_path / "nothing"))
    another.remove(damaged)  # what arrived damaged is taken away by a person, who then goes on
    done = CliRunner().invoke(commands.store, ["move"])
    assert done.exit_code == 0, done.output
    assert [entry for kind in commands.KINDS for entry in folder.entries(kind)] == []
    assert {key: store.read(key) for key in bodies} == bodies


def test_a_machine_with_a_folder_of_its_own_is_refused_until_a_person_takes_it(app: Flask, tmp_path: Path) -> None:
    here = app.extensions["louda_settings"]
    other = settings_for(tmp_path / "other", here.database_url)
    assert mark.is_ours(db.engine, store_of(here))
    assert mark.is_ours(db.engine, store_of(here))
    assert not mark.is_ours(db.engine, store_of(other))
    if POSTGRES:
        commands.refuse_other_store(here)
        with pytest.raises(click.ClickException, match=str(other.documents_dir)):
            commands.refuse_other_store(other)
    commands.adopt_store(other)
    assert mark.is_ours(db.engine, store_of(other))
    assert not mark.is_ours(db.engine, store_of(here))  # its former place


def test_a_store_of_another_database_is_neither_taken_nor_purged(
    app: Flask, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mark, "ANOTHER_WRITES_S", 0)
    monkeypatch.setattr(purge, "require_trusted_date", lambda: None)
    store = BucketStore(bucket_url, folder_store(tmp_path))
    store.add(KEY, BODY)
    store.add(f"marks/{'0' * 32}", b"louda")  # of the database that printed it
    settings = replace(app.extensions["louda_settings"], store_url=bucket_url)
    with mock.patch.dict(app.extensions, louda_settings=settings):
        with pytest.raises(click.ClickException):
            commands.refuse_other_store(settings)
        with clock.shifted_by(purge.UNKNOWN_STAY * 2):
            purge.run_purge(purge.Running(0, 0, {}))
        assert store.has(KEY)
        commands.adopt_store(settings)
        commands.refuse_other_store(settings)
        with clock.shifted_by(purge.UNKNOWN_STAY * 2):
            purge.run_purge(purge.Running(0, 0, {}))
        assert not store.has(KEY)


def test_what_died_half_written_is_deleted_a_day_later(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "require_trusted_date", lambda: None)
    settings = app.extensions["louda_settings"]
    rests = [settings.data_dir / "uploads" / f".{SHA}.part1-2", settings.documents_dir / ".job-7-sheets.tmp"]
    for rest in rests:
        rest.parent.mkdir(parents=True, exist_ok=True)
        rest.write_bytes(b"a name and a telephone")
    purge.run_purge(purge.Running(0, 0, {}))
    assert [rest.exists() for rest in rests] == [True, True]
    with clock.shifted_by(purge.UNKNOWN_STAY + timedelta(minutes=1)):
        purge.run_purge(purge.Running(0, 0, {}))
    assert [rest.exists() for rest in rests] == [False, False]


def test_what_two_cycles_printed_stays_while_one_needs_it_and_what_no_sheet_names_goes(
    app: Flask, day: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(day, "tally")
    ours = {row.sha256 for row in documents()}
    store = store_of(app.extensions["louda_settings"])
    store.add(KEY, BODY)
    assert ours | {SHA} == files.written_before(clock.now() + timedelta(minutes=1))
    monkeypatch.setattr(purge, "require_trusted_date", lambda: None)
    purge.run_purge(purge.Running(0, 0, {}))
    assert store.has(KEY)  # a job may be about to enter it
    with clock.shifted_by(purge.UNKNOWN_STAY + timedelta(minutes=1)):
        purge.run_purge(purge.Running(0, 0, {}))
    assert not store.has(KEY)
    assert all(files.is_there(sha256) for sha256 in ours)
    sheet = documents()[0]
    ago = clock.now() - timedelta(days=20)
    other = world.Cycle(
        subdistrict_id=day.subdistrict.id, name="other", opens_at=ago, cutoff_at=ago + timedelta(hours=1)
    )
    other.deliver_on, other.state, other.closed_at = ago.date(), "closed", ago
    db.session.add(other)
    db.session.flush()
    same = Document(kind="tally", subject_type="x", subject_id=1, label="x", cycle_id=other.id, number="T-9")
    same.context_sha256, same.sha256, same.row_names = "0", sheet.sha256, {}
    db.session.add(same)
    db.session.commit()
    other_id = other.id
    assert sheet.sha256 not in purge.forget_texts(other_id)


def test_an_address_that_is_no_bucket_is_refused() -> None:
    for url in ("http://x/y", "s3://", "file:///tmp", "s3://bucket/x?y=1"):
        with pytest.raises(SettingsError):
            Settings.from_env({"LOUDA_STORE_URL": url, "LOUDA_SECRET_KEY": "s" * 32})
    odd = {"LOUDA_STORE_URL": "s3://bucket", "AWS_ENDPOINT_URL": "minio.example:9000", "LOUDA_SECRET_KEY": "s" * 32}
    with pytest.raises(SettingsError):
        Settings.from_env(odd)
    assert os.environ.get("LOUDA_STORE_URL") is None


def test_a_missing_file_is_not_found(app: Flask) -> None:
    with pytest.raises(NotFound):
        files.opened("0" * 64)
