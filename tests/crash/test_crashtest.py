"""What was told survives the death of the server, on each store: killed by `./nodius crashtest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.arango import ArangoServer
from tests.postgres import PostgresServer
from tests.serving import command

KILLS = 10
#: Seconds: each kill costs the start of a server, on a machine that does much else.
TIMEOUT = 300


@pytest.mark.timeout(TIMEOUT + 30)
@pytest.mark.parametrize("database", ["sqlite", "postgres", "arango"])
def test_killed_again_and_again_it_loses_nothing_that_anybody_was_told(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """WS-DURABLE-2, WS-ONCE-2, OPT-CRASH-1: by the command that anybody can run."""
    options = [f"kills={KILLS}", f"data_dir={tmp_path}"]
    if database == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        options.append(f"database={postgres.url(postgres.create_database())}")
    elif database == "arango":
        arango: ArangoServer = request.getfixturevalue("arango")
        options += [f"arangodb={arango.url}", f"arangodb_name={arango.create_name()}"]
    else:
        options.append("store=sql")
    done = command("crashtest", *options, timeout=TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    *kills, summary = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in kills] == [f"kill {n + 1}" for n in range(KILLS)]
    assert summary.startswith(f"{KILLS} kills, ") and int(summary.split()[2]) > 20 * KILLS
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"
