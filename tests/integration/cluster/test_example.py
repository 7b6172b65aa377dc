"""The example of docs/cluster.md does what it says, word by word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cluster.endpoints import Ports
from nodius_site.options import ROOT
from tests.integration.cluster.scene import SECRET, broker_process
from tests.serving import ENVIRONMENT

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def test_the_example_runs_as_it_stands_on_the_page(tmp_path: Path) -> None:
    example = PAGE.partition("<!-- example -->\n```python\n")[2].partition("```")[0]
    around = {"NODIUS_DATA_DIR": str(tmp_path), "JWT_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    with broker_process(Ports(), tmp_path) as broker:
        assert broker.said in PAGE
        run = subprocess.run(
            [sys.executable, "-c", example],
            env=ENVIRONMENT | around,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert sorted(lines) == [
        "Answered: {'hello': 'reports', 'you said': 'anybody there?'}",
        "Peer: reports alive",
        "Received update: {'workflowKey': 'workflow_123', 'data': {'a': 1}}",
    ]
