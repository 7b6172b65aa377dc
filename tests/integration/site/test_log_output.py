"""The thread that writes the log: nobody waits for it, and it loses nothing without a word."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from nodius_site import log_output
from nodius_site.log_output import LIMIT, Output
from nodius_site.options import ROOT
from sync.metrics import REGISTRY
from tests.serving import ENVIRONMENT, Serving


def record(text: str, level: int = logging.INFO) -> logging.LogRecord:
    """A line to log."""
    return logging.LogRecord("x", level, "x.py", 1, text, (), None)


def lines_lost() -> float:
    """What the metric says."""
    return REGISTRY.get_sample_value("nodius_log_lines_lost_total") or 0.0


@contextmanager
def unread_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that is full, and that nobody reads from."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        with suppress(OSError):
            os.close(writer)


@contextmanager
def drained(reader: int) -> Iterator[list[str]]:
    """Read all that comes while within; afterwards it is the only item of the list."""
    text: list[str] = []
    found = bytearray()
    stop = threading.Event()

    def read() -> None:
        os.set_blocking(reader, False)
        while not stop.is_set():
            with suppress(BlockingIOError):
                if not (some := os.read(reader, 65536)):
                    return
                found.extend(some)

    thread = threading.Thread(target=read)
    thread.start()
    yield text
    stop.set()
    thread.join()
    with suppress(BlockingIOError):
        while some := os.read(reader, 65536):
            found.extend(some)
    text.append(found.replace(b"\0", b"").decode())


def test_a_server_whose_log_nobody_reads_serves_on_and_ends(tmp_path: Path) -> None:
    with Serving(tmp_path / "data") as serving:
        serving.kill()
        with unread_pipe() as (_, end):
            words = [sys.executable, str(ROOT / "manage.py"), "serve", *serving.words]
            with serving.log.open("wb") as said:
                serving.process = subprocess.Popen(
                    words, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=said, stderr=end
                )
            serving.url = serving.said(r"Nodius is at (\S+)")
            with httpx.Client(base_url=serving.url, trust_env=False, timeout=10) as client:
                for _ in range(50):
                    assert client.get("/nowhere").status_code == 404
            assert serving.stop(timeout=20) == 0


def test_each_line_is_written_at_once_so_that_no_other_comes_between(tmp_path: Path) -> None:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    serving = Serving(tmp_path / "data", workers=2)
    words = [sys.executable, str(ROOT / "manage.py"), "serve", *serving.words]
    env = ENVIRONMENT | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        words, env=env, stdin=subprocess.DEVNULL, stdout=its.fileno(), stderr=its.fileno()
    )
    try:
        ours.settimeout(60)
        written = [ours.recv(65536)]
        while not written[-1].startswith(b"or open, once: http"):
            written.append(ours.recv(65536))
        assert any(each.startswith(b"Nodius is at http") for each in written)
        assert all(each.endswith(b"\n") for each in written), written
    finally:
        # What it says while it ends has to go somewhere.
        its.close()
        ours.close()
        process.terminate()
        process.wait(60)


def test_what_does_not_fit_is_lost_and_counted_and_warnings_fit_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unread_pipe() as (reader, writer):
        monkeypatch.setattr(log_output, "STDERR", writer)
        monkeypatch.setattr(log_output, "FAREWELL", 60)
        output = Output()
        lost = lines_lost()
        long = "x" * 10_000
        for _ in range(2 * LIMIT // len(long)):
            output.emit(record(long))
        assert 0 < lines_lost() - lost < 2 * LIMIT // len(long)
        before = lines_lost()
        output.emit(record(f"{long} an alarm", logging.WARNING))
        assert lines_lost() == before
        for _ in range(2 * LIMIT // len(long)):
            output.emit(record(long, logging.ERROR))
        assert lines_lost() > before
        counted = int(lines_lost() - lost)
        with drained(reader) as text:
            output.close()
    assert "an alarm\n" in text[0]
    told = re.findall(r"(\d+) lines of this log are lost", text[0])
    assert sum(int(each) for each in told) == counted


def test_a_log_that_cannot_be_written_is_counted_and_goes_on_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(log_output, "STDERR", writer)
    output = Output()
    lost = lines_lost()
    output.emit(record("nobody reads this"))
    output.flush()
    assert lines_lost() == lost + 1
    os.close(writer)
    reader, writer = os.pipe()
    monkeypatch.setattr(log_output, "STDERR", writer)
    with drained(reader) as text:
        output.emit(record("but this"))
        output.close()
        os.close(writer)
    assert text[0].startswith("but this\n1 lines of this log are lost")


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError", "os.kill(0, 0)"])
def test_all_that_was_logged_is_there_when_the_process_has_ended(end: str, tmp_path: Path) -> None:
    program = (
        "import logging, os, sys, django; django.setup();"
        "[logging.getLogger('x').info('line %d.', n) for n in range(2000)];" + end
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=ENVIRONMENT | {"NODIUS_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert re.findall(r"line (\d+)\.", done.stderr) == [str(n) for n in range(2000)]


def test_a_line_that_cannot_be_made_does_not_show_what_it_was_about(tmp_path: Path) -> None:
    program = (
        "import logging, django; django.setup();"
        "logging.getLogger('x').info('%d', 'hunter2'); logging.getLogger('x').info('after')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=ENVIRONMENT | {"NODIUS_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "hunter2" not in done.stderr
    assert "could not be made" in done.stderr and "after" in done.stderr
