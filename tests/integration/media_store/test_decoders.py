"""Whatever a decoder does wrong with a stranger's image ends with its process."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest

from media_store.decoders import AT_ONCE, PATIENCE, WAITING, WORKER, Decoders
from media_store.errors import Broken, Busy, ImageError, NotAnImage, TooLarge
from tests.unit.media_store.pictures import ITXT_BOMB, decoded, picture


def program(text: str) -> tuple[str, ...]:
    """A process that runs this instead of a decoder."""
    return (sys.executable, "-c", f"import os, signal, sys, time\n{text}")


def test_a_picture_comes_back_made_anew_and_scaled(decoders: Decoders) -> None:
    made = decoders.remake(picture("JPEG"))
    assert decoded(made.content).size == (made.width, made.height) == (60, 40)
    assert decoders.scaled(made.content, 30).width == 30


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"text", NotAnImage),
        (picture()[:-30], Broken),
        (ITXT_BOMB, Broken),
        (bytes(11 * 2**20), TooLarge),
    ],
)
def test_a_refusal_comes_with_its_reason(
    decoders: Decoders, data: bytes, error: type[ImageError]
) -> None:
    with pytest.raises(error, match=r"[;,] .*\."):
        decoders.remake(data)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGSEGV)", Broken),
        ("os._exit(3)", Broken),
        ("os.close(0); os._exit(3)", Broken),
        ("sys.stdin.buffer.read(); os._exit(0)", Broken),
        ("sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGXCPU)", TooLarge),
        ("sys.stdin.buffer.read(); time.sleep(60)", TooLarge),
        ("time.sleep(60)", TooLarge),
        (
            "sys.stdin.buffer.read(); print({}); sys.stdout.close(); os.close(1); time.sleep(60)",
            TooLarge,
        ),
    ],
    ids=[
        "crashes",
        "gives up",
        "reads nothing",
        "says nothing",
        "computes on",
        "hangs",
        "never reads",
        "never ends",
    ],
)
def test_a_process_that_dies_or_overruns_costs_its_own_image_and_no_more(
    text: str, error: type[ImageError]
) -> None:
    """T12"""
    decoders = Decoders(program(text), deadline=0.5)
    began = time.monotonic()
    with pytest.raises(error):
        decoders.remake(picture() + bytes(2**20))
    assert time.monotonic() - began < 30
    decoders.command = WORKER
    decoders.deadline = 30
    assert decoders.remake(picture()).width == 60


def test_a_process_that_answers_without_end_is_cut_off() -> None:
    flood = program("sys.stdin.buffer.read()\nwhile True: sys.stdout.buffer.write(bytes(65536))")
    began = time.monotonic()
    with pytest.raises(TooLarge):
        Decoders(flood, deadline=60).remake(picture())
    assert time.monotonic() - began < 30


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limits")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("bytes(2 * 2**30)", TooLarge),
        ("import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x')", Broken),
    ],
    ids=["memory", "files"],
)
def test_a_decoder_gets_little_memory_and_no_files(text: str, error: type[ImageError]) -> None:
    """T12"""
    inside = f"""
from media_store import worker
def remake(data):
    {text}
    raise worker.TooLarge('it could')
worker.remake = remake
worker.main([])
"""
    with pytest.raises(error) as caught:
        Decoders(program(inside)).remake(picture())
    assert "it could" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot start without")
def test_a_decoder_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "a secret of the server")
    told = """
import json
sys.stdin.buffer.read()
print(json.dumps({"refused": "Broken", "reason": ", ".join(["It knows", *os.environ])}))
"""
    with pytest.raises(Broken, match="It knows") as caught:
        Decoders(program(told)).remake(picture())
    assert "JWT_SECRET" not in str(caught.value)


def test_no_more_wait_than_may() -> None:
    waits = Decoders(program("sys.stdin.buffer.read(); time.sleep(60)"), deadline=60)
    most = AT_ONCE + WAITING
    with ThreadPoolExecutor(most + 5) as threads:
        under_way = [threads.submit(waits.remake, picture()) for _ in range(most + 5)]
        refused = list(islice(as_completed(under_way, timeout=PATIENCE / 2), 5))
        assert all(isinstance(each.exception(), Busy) for each in refused)
        assert sum(each.done() for each in under_way) == 5
        waits.close()
        assert all(isinstance(each.exception(10), Busy) for each in under_way)
    with pytest.raises(Busy):
        waits.remake(picture())
    waits.open()
    waits.command = WORKER
    assert waits.remake(picture()).width == 60
