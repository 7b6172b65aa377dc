"""`createadmin`, as a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from .wire import PASSWORD

ROOT = Path(__file__).resolve().parents[3]
#: As a user's shell has it, not as the test runner.
ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if key != "DJANGO_SETTINGS_MODULE" and not key.startswith("NODIUS_")
}
SCRIPT = "import sys; from nodius_site.command_line import main; sys.exit(main(sys.argv[1:]))"


def command(data_dir: Path, *options: str) -> list[str]:
    return [sys.executable, "-c", SCRIPT, "createadmin", f"data_dir={data_dir}", *options]


def start(data_dir: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(data_dir, *options),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(data_dir: Path, *options: str) -> tuple[int, str]:
    """The exit status, and what was said on stderr."""
    process = start(data_dir, *options)
    _, said = process.communicate()
    return process.returncode, said


def test_a_name_that_exists_in_any_form_is_one_line_and_status_1(tmp_path: Path) -> None:
    """OPT-ADMIN-1"""
    assert run(tmp_path, "username=José", f"password={PASSWORD}") == (0, "")
    for variant in ("José", "JOSÉ", "jose\u0301"):
        status, said = run(tmp_path, f"username={variant}", "password=Another-horse-9-cell")
        assert status == 1
        assert len(said.splitlines()) == 1
        assert "exists already" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["username=x"], "password"),
        (["password=a-long-password"], "username"),
        ([], "username"),
        (["username=", "password=a-long-password"], "username"),
        (["username=a/b", "password=a-long-password"], "slash"),
        (["username=x", "password=short"], "8 characters"),
        (["username=x", f"password={PASSWORD}", "email=none"], "e-mail"),
    ],
)
def test_what_is_missing_or_cannot_be_accepted_is_one_line_and_status_2(
    tmp_path: Path, options: list[str], told: str
) -> None:
    status, said = run(tmp_path, *options)
    assert status == 2
    assert len(said.splitlines()) == 1, said
    assert told in said


def test_of_twenty_at_once_for_one_name_one_succeeds(tmp_path: Path) -> None:
    variants = ("admin", "ADMIN", "ａdmin", "Admin")
    started = [
        start(tmp_path, f"username={variants[n % 4]}", f"password={PASSWORD}") for n in range(20)
    ]
    said = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == [0] + [1] * 19, said
    assert all(len(each.splitlines()) <= 1 for each in said)


def test_in_a_terminal_it_asks_for_what_is_missing_and_shows_no_password(tmp_path: Path) -> None:
    assert "can log in now" in ask(tmp_path, [PASSWORD, PASSWORD])


def test_two_passwords_that_differ_make_nobody(tmp_path: Path) -> None:
    assert "differ" in ask(tmp_path, [PASSWORD, PASSWORD + "x"])


def ask(data_dir: Path, answers: list[str]) -> str:
    """Run it in a terminal, answer as it asks; everything that the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, command(data_dir, "username=ann"), ENVIRONMENT)  # noqa: S606
    shown, waiting = "", [f"{text}\n" for text in answers]
    while True:
        try:
            chunk = os.read(terminal, 1024).decode()
        except OSError:  # the other end is closed
            break
        shown += chunk
        if shown.endswith(("Password: ", "Password again: ")) and waiting:
            os.write(terminal, waiting.pop(0).encode())
    os.waitpid(pid, 0)
    os.close(terminal)
    assert PASSWORD not in shown
    return shown
