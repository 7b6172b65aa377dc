"""The settings under test: as if nothing were set around us, in a data folder of their own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from nodius_site import options
from tests import engine

_folder = tempfile.mkdtemp(prefix="nodius-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
# An editor that happens to be built in this checkout would be another page at /.
_words = [f"data_dir={_folder}", "rate_limit=0", f"editor={_folder}"]
_words += [f"{name}={value}" for name, value in engine.options(_folder).items()]
options.install(options.read(_words, environment={}, dot_env="")[0])

from nodius_site.settings import *  # noqa: E402, F403
from nodius_site.settings import DATABASES, LOGGING  # noqa: E402

for _alias, _database in DATABASES.items():
    if "HOST" in _database:
        # Each test has threads of its own, which keep their connections to their end.
        del _database["OPTIONS"]["pool"]
    else:
        # A file, as the server has: SQLite in memory knows neither WAL nor a second connection.
        _database["TEST"] = {"NAME": Path(_folder) / f"test-{_alias}.sqlite3"}

# pytest shows what was logged beside the test that failed; ours goes past it, by a thread.
LOGGING["root"]["handlers"] = []

# Every client of a test makes the middleware anew: none need list the admin site's files.
STATICFILES_FINDERS: list[str] = []
