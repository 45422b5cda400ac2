"""The folder of printed files in backups and restores. Files in it never change, so they are linked and not copied.

A restore purges what was due since the backup, files too, and may still fail afterwards. So it works on a folder beside
the present one, and the present one changes only together with the database.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from app.settings import Settings
from app.upkeep.setup.secrets import PRIVATE_FOLDER


def link_tree(source: Path, target: Path) -> dict[str, int]:
    """Link (or copy, on another disk) every file below `source` that `target` lacks; returns sizes by relative name."""
    sizes: dict[str, int] = {}
    target.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for name in _names(source):
        path, place = source / name, target / name
        sizes[name] = path.stat().st_size
        if place.exists():
            continue
        place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except OSError:
            shutil.copy2(path, place)
    return sizes


def _names(folder: Path) -> list[str]:
    paths = sorted(folder.rglob("*")) if folder.is_dir() else []
    return [path.relative_to(folder).as_posix() for path in paths if path.is_file() and not path.name.startswith(".")]


class Staged:
    """The files of a backup beside the present ones, while a restore is not sure to succeed."""

    def __init__(self, settings: Settings) -> None:
        self._present = settings.documents_dir
        self.folder = self._present.with_name(f".{self._present.name}.restoring")
        self._staged: list[str] = []
        self._added: list[str] = []

    def fill(self, source: Path) -> None:
        """Begin with the files of a backup."""
        self.drop()
        self._staged = list(link_tree(source, self.folder))

    def add_to_present(self) -> None:
        """Give the present folder what the restored database needs and it lacks; `take_back` undoes it."""
        self._added = [name for name in _names(self.folder) if not (self._present / name).exists()]
        link_tree(self.folder, self._present)

    def take_back(self) -> None:
        """The restore failed: no row of the present database knows the files that came with it."""
        for name in self._added:
            (self._present / name).unlink(missing_ok=True)

    def exchanged(self) -> None:
        """The restored database is the present one: the files that its purge deleted go from the present folder too."""
        self._added = []
        for name in set(self._staged) - set(_names(self.folder)):
            (self._present / name).unlink(missing_ok=True)

    def drop(self) -> None:
        """Delete the folder beside the present one."""
        shutil.rmtree(self.folder, ignore_errors=True)
