"""The checksums of released migrations: `python -m tests.migrations.released` lists new ones and changes no line.

A migration that has run somewhere is never edited: databases that it made would differ from new ones and nothing would
say so. What is to change goes into a new migration.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.upkeep.database.schema import MIGRATIONS

LIST = "released.sha256"


def listed(folder: Path = MIGRATIONS) -> dict[str, str]:
    """File name (below the folder) → SHA-256 as it was when the migration was released."""
    lines = (folder / LIST).read_text(encoding="ascii").splitlines() if (folder / LIST).exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def present(folder: Path = MIGRATIONS) -> dict[str, str]:
    """File name → SHA-256 of each migration, and of what migrations import, as it is."""
    files = sorted([*folder.glob("[0-9]*.py"), *folder.glob("guards/*.py"), *folder.glob("frozen/*.py")])
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def changed(folder: Path = MIGRATIONS) -> list[str]:
    """Released migrations that are not what they were, or gone."""
    now = present(folder)
    return [name for name, digest in listed(folder).items() if now.get(name) != digest]


def unlisted(folder: Path = MIGRATIONS) -> list[str]:
    """Migrations that the list does not name yet."""
    return [name for name in present(folder) if name not in listed(folder)]


def main(folder: Path = MIGRATIONS) -> None:
    """List the new ones; a line whose file is gone (a migration renumbered before it was released) is dropped."""
    now, before = present(folder), listed(folder)
    lines = {**now, **{name: digest for name, digest in before.items() if name in now}}
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(lines.items()))
    (folder / LIST).write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
