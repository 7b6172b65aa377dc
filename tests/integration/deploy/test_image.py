"""What the Dockerfile would put into an image is enough to serve; no container engine is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from nodius_site.options import ROOT
from tests.integration.deploy.programs import DEPLOY
from tests.ports import free_ports
from tests.serving import ENVIRONMENT, Serving

IGNORED = (ROOT / ".gitignore").read_text().splitlines()


def wanted() -> list[str]:
    """What .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "everything is kept out, unless it is named"
    return [line.removeprefix("!") for line in rules if line.startswith("!")]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder /app of the image."""
    app = tmp_path_factory.mktemp("image") / "app"
    for name in wanted():
        source, target = ROOT / name, app / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            made = ("__pycache__", "node_modules", "dist", "tests")
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*made))
        else:
            shutil.copy(source, target)
    return app


class Container(Serving):
    """The server of the image, with the environment of the Dockerfile except for its port."""

    def __init__(self, app: Path, data_dir: Path, port: int) -> None:
        super().__init__(data_dir)
        self.app = app
        said = re.findall(r"(?<=[ ])([A-Z_]+)=(\S+)", (DEPLOY / "Dockerfile").read_text())
        given = {name: value for name, value in said if name != "PATH"}
        assert given["NODIUS_DATA_DIR"] == "/data" and given["PORT"] == "8426"
        # `localhost` as well, so that nothing but this machine reaches it.
        own = {"PORT": f"{port}", "HOST": "127.0.0.1", "NODIUS_DATA_DIR": f"{data_dir}"}
        self.environment = {**ENVIRONMENT, **given, **own}

    def spawn(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=self.app,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_well(self) -> bool:
        """What the health check of the image says."""
        check = [sys.executable, "-m", "deploy.healthcheck"]
        ended = subprocess.run(check, cwd=self.app, env=self.environment, check=False, timeout=20)
        return ended.returncode == 0


def files(folder: Path) -> set[Path]:
    """Everything in it."""
    return set(folder.rglob("*"))


def test_the_image_serves_says_whether_it_is_well_and_writes_to_its_data_alone(
    image: Path, tmp_path: Path
) -> None:
    before = files(image)
    with Container(image, tmp_path / "data", *free_ports()) as container:
        assert container.is_well()
        assert httpx.get(f"{container.url}/admin/login/", trust_env=False).status_code == 200
        assert container.stop() == 0
        assert not container.is_well()
    assert files(image) == before
    assert (tmp_path / "data" / "documents.sqlite3").exists()


def test_no_secret_and_no_data_can_get_into_an_image() -> None:
    kept_out = {".env", "data", ".git", ".venv", "tests", "deploy", "certs"}
    assert kept_out.isdisjoint(wanted())
    assert all((ROOT / name).exists() for name in wanted())
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    backups = {each.lstrip("/") for each in IGNORED if each.startswith("/backup/")}
    assert len(backups) == 3 and backups <= set(rules[rules.index("!backup") :])
