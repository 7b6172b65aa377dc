"""The data folder, and the key of the access tokens: as given, or made once and kept there."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from nodius_site.kinds import KEY
from nodius_site.options import Values, Wrong


def make(folder: Path) -> None:
    """Make the folder, for its owner alone, unless it is there. Raises Wrong if that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Wrong(
            f"data_dir: {folder}: {error.strerror}; give a folder that can be made"
        ) from None


def make_within(folder: Path, name: str) -> Path:
    """Make a new folder within this one, which is made too if it is not there. Raises Wrong."""
    make(folder)
    try:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
    except OSError as error:
        raise Wrong(f"data_dir: {folder}: {error.strerror}; give a folder to write to") from None


def signing_key(values: Values) -> str:
    """The option jwt_secret, else the content of the file of that name, which is made if missing.

    Raises Wrong if the file cannot be written or read, or holds no fit key.
    """
    if values["jwt_secret"] is not None:
        return values.text("jwt_secret")
    file = values.data_dir / "jwt_secret"
    try:
        if not file.exists():
            _put_key(file)
        key = file.read_text(encoding="ascii").strip()
        KEY.parse(key)
    except OSError as error:
        raise Wrong(f"data_dir: {file}: {error.strerror}; give a folder to write to") from None
    except ValueError:
        raise Wrong(
            f"{file}: the key is not {KEY.allowed}; delete it, and all log in anew"
        ) from None
    return key


def _put_key(file: Path) -> None:
    """Put the whole file there in one step: of many at once one wins, and all read its key."""
    # A temporary file has the mode 0600 from the start.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".jwt_secret-") as draft:
        draft.write(secrets.token_urlsafe(48))
        draft.flush()
        with suppress(FileExistsError):
            file.hardlink_to(draft.name)
