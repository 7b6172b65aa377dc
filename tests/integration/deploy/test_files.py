"""The files of deploy/ are what the programs that read them take, and name only what there is."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodius_site import dot_env
from nodius_site.commands import COMMANDS
from nodius_site.options import OPTIONS, ROOT, read
from tests.integration.deploy.programs import DEPLOY, program, run
from tests.serving import ENVIRONMENT

PIP = "./nodius test installs it"


def text(name: str) -> str:
    """A file of deploy/."""
    return (DEPLOY / name).read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    """compose.yaml."""
    loaded: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return loaded


def exposed() -> set[int]:
    """The ports that the Dockerfile names."""
    words = re.findall(r"^EXPOSE (.*)$", text("Dockerfile"), re.MULTILINE)[0].split()
    ends = [(int(low), int(high or low)) for low, _, high in (w.partition("-") for w in words)]
    return {port for low, high in ends for port in range(low, high + 1)}


def test_the_dockerfile_has_nothing_to_find_fault_with() -> None:
    assert run(program("hadolint", PIP), DEPLOY / "Dockerfile") == (0, "")


def test_the_image_runs_as_a_user_of_its_own_with_a_volume_and_a_health_check() -> None:
    last = text("Dockerfile").rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*$", last, re.MULTILINE)
    assert "\nVOLUME /data\n" in last and "NODIUS_DATA_DIR=/data" in last
    assert 'CMD ["python", "-m", "deploy.healthcheck"]' in last


def test_the_image_exposes_the_ports_that_the_options_have() -> None:
    ports = {"port", "pubPort", "subPort", "routerPort", "dealerPort"}
    assert exposed() == {int(each.default or 0) for each in OPTIONS if each.name in ports}


def test_compose_is_as_its_published_schema_has_it() -> None:
    checker = program("check-jsonschema", PIP)
    schema = "vendor.compose-spec"
    assert run(checker, "--builtin-schema", schema, DEPLOY / "compose.yaml")[0] == 0


def test_compose_has_a_profile_for_each_engine_and_starts_the_server_alone_without_one() -> None:
    services = compose()["services"]
    assert {name: each.get("profiles") for name, each in services.items()} == {
        "nodius": None,
        "postgres": ["postgres"],
        "redis": ["redis"],
        "arango": ["arango"],
    }
    assert services["nodius"]["depends_on"]["postgres"]["required"] is False
    published = [each.rpartition(":")[2] for each in services["nodius"]["ports"]]
    assert {int(port) for port in published} <= exposed()


def test_the_volumes_of_compose_are_those_its_services_use() -> None:
    used = [each for one in compose()["services"].values() for each in one.get("volumes", ())]
    assert {each.partition(":")[0] for each in used} == set(compose()["volumes"])


def unit(folder: Path, name: str) -> Path:
    """A unit of systemd, with the project where it is now."""
    (folder / "python").symlink_to("/bin/true")
    at = text(name).replace("/opt/nodius/.venv/bin/python", str(folder / "python"))
    copy = folder / name
    copy.write_text(at.replace("/opt/nodius", str(ROOT)))
    return copy


SERVICES = ("nodius.service", "nodius-broker.service", "nodius-backup.service")


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path, name: str) -> None:
    analyze = program("systemd-analyze", "apt-get install systemd")
    assert run(analyze, "verify", "--man=no", unit(tmp_path, name)) == (0, "")


def test_systemd_takes_the_timer_of_the_backup(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "apt-get install systemd")
    unit(tmp_path, "nodius-backup.service")
    timer = tmp_path / "nodius-backup.timer"
    timer.write_text(text(timer.name))
    assert run(analyze, "verify", "--man=no", timer) == (0, "")
    calendar = re.findall(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE)
    assert run(analyze, "calendar", *calendar)[0] == 0


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_calls_the_unit_little_exposed(tmp_path: Path, name: str) -> None:
    analyze = program("systemd-analyze", "apt-get install systemd")
    # In tenths: 0 is shut in, 100 is as open as a service can be.
    status, said = run(
        analyze, "security", "--offline=true", "--threshold=20", "--no-pager", unit(tmp_path, name)
    )
    assert status == 0, said


def test_the_backup_of_the_unit_can_be_made(tmp_path: Path) -> None:
    line = re.findall(r"^ExecStart=(.*)$", text("nodius-backup.service"), re.MULTILINE)[0]
    here = line.replace("/opt/nodius/.venv/bin/python", sys.executable).replace("%%", "%")
    here = here.replace("/opt/nodius", str(ROOT)).replace("/var/lib/nodius", str(tmp_path))
    done = subprocess.run(
        shlex.split(here),
        env=ENVIRONMENT | {"NODIUS_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    assert [each.suffixes for each in (tmp_path / "backup").iterdir()] == [[".json", ".gz"]]


def test_the_unit_is_restarted_writes_to_the_journal_and_to_its_own_folder_alone() -> None:
    lines = set(text("nodius.service").splitlines())
    assert lines >= {
        "Restart=on-failure",
        "StandardOutput=journal",
        "ProtectSystem=strict",
        "StateDirectory=nodius",
        "NoNewPrivileges=yes",
    }


def test_the_broker_and_the_server_share_what_they_need_to_know_each_other() -> None:
    both = [set(text(name).splitlines()) for name in ("nodius.service", "nodius-broker.service")]
    shared = ("User=", "Environment=", "EnvironmentFile=", "StateDirectory=", "WorkingDirectory=")
    for lines in both:
        assert all(any(line.startswith(each) for line in lines) for each in shared)
    told = [{line for line in lines if line.startswith(shared)} for lines in both]
    assert told[0] == told[1]


def environments() -> dict[str, dict[str, str]]:
    """The variables that each file of deploy/ sets, as far as they have a value there."""
    docker = re.findall(r"^(?:ENV|   ) ?([A-Z_]+)=(\S+)", text("Dockerfile"), re.MULTILINE)
    inner = compose()["services"]["nodius"]["environment"]
    unit_lines = re.findall(r"^Environment=(.*)$", text("nodius.service"), re.MULTILINE)
    example = re.sub(r"^#(?=[A-Z_]+=)", "", text("nodius.env.example"), flags=re.MULTILINE)
    return {
        "Dockerfile": dict(docker),
        # As if each had been given what the option is by default.
        "compose.yaml": {
            name: re.sub(r"^\$\{\w+:-\}$", "", value) for name, value in inner.items()
        },
        "nodius.service": dict(
            each.partition("=")[::2] for line in unit_lines for each in line.split()
        ),
        "nodius.env.example": dict(dot_env.parsed(example)),
    }


@pytest.mark.parametrize("file", environments())
def test_every_variable_that_is_set_is_one_that_is_heeded(file: str) -> None:
    known = {each.env for each in OPTIONS} | {"PATH", "PYTHONDONTWRITEBYTECODE"}
    given = environments()[file]
    assert given and set(given) <= known
    # Raises Wrong for what is not built.
    read([], environment=given, dot_env="")


def test_pm2_starts_the_launcher_with_options_that_there_are() -> None:
    (app,) = json.loads(text("ecosystem.json"))["apps"]
    assert (DEPLOY / app["cwd"] / app["script"]).resolve() == ROOT / "nodius"
    command, *words = app["args"].split()
    assert command in COMMANDS
    read(words, command=command, environment={}, dot_env="")
    assert app["exec_mode"] == "fork" and app["instances"] == 1
