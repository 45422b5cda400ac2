"""The private folders and the secret of an installation. Standard library only: runs before any installation."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from app.settings import SECRET_BYTES_AT_LEAST, SECRET_FILE, Settings

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def prepare_private_folders(settings: Settings) -> None:
    """Make the data folders, readable by their owner alone; existing folders keep the mode they have."""
    for folder in (settings.data_dir, settings.documents_dir, settings.backups_dir):
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def ensure_secret(data_dir: Path) -> Path:
    """Create `secret.key` (mode 0600, 64 hexadecimal digits) unless it exists; an existing secret is never replaced.

    The file appears whole or not at all, also when two processes start at once: it is linked into place.
    """
    path = data_dir / SECRET_FILE
    if path.exists():
        return path
    draft = data_dir / f".{SECRET_FILE}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES_AT_LEAST) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path
