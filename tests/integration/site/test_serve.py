"""`serve`: how it starts, what it refuses, how its sockets end, and how it does."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from nodius_site.options import ROOT
from tests.ports import free_ports
from tests.postgres import PostgresServer
from tests.serving import ENVIRONMENT, PASSWORD, Serving, command

MIB = 1024 * 1024
NOWHERE = "postgres://nodius:hunter2@127.0.0.1:1/nodius"


def refusal(*words: str) -> str:
    """The one line with which the command is refused."""
    result = command(*words)
    lines = result.stderr.splitlines()
    assert (result.returncode, len(lines)) == (2, 1), result
    return lines[0]


def close_code(client: ClientConnection) -> int:
    """How the server ends the socket."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.recv(timeout=10)
    assert closed.value.rcvd, "the connection was lost"
    return closed.value.rcvd.code


def create_many_at_once(*words: str) -> None:
    """Make six users by commands that all find nothing there yet."""
    words = (f"password={PASSWORD}", *words)
    started = [
        subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "createadmin", f"username=u{n}", *words],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for n in range(6)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 6, outputs


def test_a_first_start_says_how_to_make_a_user_and_a_later_one_does_not(tmp_path: Path) -> None:
    with Serving(tmp_path / "data") as server:
        assert "./nodius createadmin" in server.text()
        assert server.said(rf"once: ({server.url}/setup/#\S{{32}})")
        server.create_admin()
        assert server.stop() == 0
        server.start()
        assert "setup" not in server.text()
        assert server.text().splitlines()[-1] == f"Nodius is at {server.url}"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to_with_status_0_also_with_open_connections(
    tmp_path: Path, ending: signal.Signals
) -> None:
    """WS-RESTART-1"""
    with Serving(tmp_path / "data") as server, httpx.Client(trust_env=False) as client:
        assert client.get(f"{server.url}/api/health").status_code == 200
        with connect(server.socket_url) as client_socket:
            began = time.monotonic()
            server.process.send_signal(ending)
            assert close_code(client_socket) == 1012
            assert server.process.wait(10) == 0
            assert time.monotonic() - began < 10
        assert "Traceback" not in server.text()


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    """OPT-WRONG-1"""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = [f"port={port}", "host=127.0.0.1", f"data_dir={tmp_path}"]
        assert f"127.0.0.1:{port}" in refusal("serve", *words)


def test_a_host_that_is_none_is_one_line(tmp_path: Path) -> None:
    for host in ("no.such.invalid", "a..b", "a" * 70):
        assert "host" in refusal("serve", "port=0", f"host={host}", f"data_dir={tmp_path}")


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "data_dir" in refusal("serve", "port=0", f"data_dir={tmp_path / 'file' / 'data'}")


@pytest.mark.parametrize("words", [["sevre"], ["serve", "prot=1"], ["exportdb", "outptu=x"]])
def test_a_mistyped_word_is_one_line(words: list[str], tmp_path: Path) -> None:
    """OPT-WRONG-1"""
    assert "nearest" in refusal(*words, f"data_dir={tmp_path}")


def test_a_database_out_of_reach_is_one_line_without_its_password(tmp_path: Path) -> None:
    """OPT-WRONG-1"""
    words = [
        "username=a",
        "password=Correct-horse-7",
        f"database={NOWHERE}",
        f"data_dir={tmp_path}",
    ]
    line = refusal("createadmin", *words)
    assert "127.0.0.1" in line and "hunter2" not in line


def test_serve_says_that_it_waits_for_its_database_and_can_be_ended_meanwhile(
    tmp_path: Path,
) -> None:
    server = Serving(tmp_path / "data", database=NOWHERE)
    server.spawn()
    try:
        server.said("Waiting 30 s for its database")
        assert server.stop(timeout=10) == 0
        assert "hunter2" not in server.text() and "Traceback" not in server.text()
    finally:
        server.kill()


@pytest.fixture(scope="module", autouse=True)
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server without a database; it is started with the module, as its patience is long."""
    server = Serving(tmp_path_factory.mktemp("patient") / "data", database=NOWHERE)
    server.spawn()
    yield server
    server.kill()


def test_many_first_commands_at_once_make_the_tables_and_one_key(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    create_many_at_once(f"data_dir={data_dir}")
    assert (data_dir / "jwt_secret").stat().st_mode & 0o777 == 0o600
    assert data_dir.stat().st_mode & 0o777 == 0o700
    assert not list(data_dir.glob(".jwt_secret-*"))


def test_a_key_that_was_cut_is_refused_not_used(tmp_path: Path) -> None:
    (tmp_path / "jwt_secret").write_text("short")
    assert "jwt_secret" in refusal("serve", "port=0", f"data_dir={tmp_path}")


def test_options_shows_the_values_their_origin_and_no_secret(tmp_path: Path) -> None:
    """OPT-SECRET-1"""
    words = ["options", "--port", "1", "jwt_secret=" + "s" * 32, f"data_dir={tmp_path}"]
    result = command(*words, env={"HOST": "0.0.0.0"})  # noqa: S104 - nothing listens
    rows = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert result.returncode == 0, result.stderr
    assert " 1 " in rows["port"] and "(--key)" in rows["port"]
    assert " 0.0.0.0 " in rows["host"] and "(environment)" in rows["host"]
    assert "********" in rows["jwt_secret"] and "(key=value)" in rows["jwt_secret"]
    assert "sss" not in result.stdout and "azerty" not in result.stdout


def test_help_prints_the_table_and_an_overview() -> None:
    assert "NODIUS_DATA_DIR" in command("serve", "--help").stdout
    assert all(name in command("help").stdout for name in ("serve", "createadmin", "options"))


def test_djangos_own_commands_take_the_options_too(tmp_path: Path) -> None:
    shown = command("showmigrations", "--plan", "accounts", f"data_dir={tmp_path / 'data'}")
    assert shown.returncode == 0 and "accounts.0001_initial" in shown.stdout
    assert (tmp_path / "data" / "jwt_secret").exists()


class TestSockets:
    """What the server itself, not the application, says to a socket."""

    def test_a_frame_over_the_limit_ends_the_socket_with_1009(self, server: Serving) -> None:
        """WS-SIZE-1"""
        for size in (4 * MIB + 1, 9 * MIB):
            with connect(server.socket_url, max_size=None) as client:
                try:
                    client.send("x" * size)
                except ConnectionClosed as closed:
                    assert closed.rcvd and closed.rcvd.code == 1009
                else:
                    assert close_code(client) == 1009

    def test_a_frame_of_the_limit_reaches_the_application(self, server: Serving) -> None:
        """WS-EARLY-2"""
        with connect(server.socket_url, max_size=None) as client:
            client.send("x" * (4 * MIB))
            assert close_code(client) == 4429, "more than 256 KiB before `connect`"

    def test_text_that_is_no_utf_8_ends_the_socket_with_1007(self, server: Serving) -> None:
        with connect(server.socket_url) as client:
            client.send(b"\xff\xfe", text=True)
            assert close_code(client) == 1007

    def test_there_is_no_compression_to_explode(self, server: Serving) -> None:
        with connect(server.socket_url) as client:
            assert client.response
            assert "Sec-WebSocket-Extensions" not in client.response.headers

    @pytest.mark.parametrize("path", ["", "/", "/w", "/ws/x", "/api/ws", "/ws%00"])
    def test_another_path_is_no_socket(self, server: Serving, path: str) -> None:
        with pytest.raises(InvalidStatus) as refused:
            connect(server.socket_url.removesuffix("/ws") + path).__enter__()
        assert refused.value.response.status_code == 403

    def test_a_slash_at_the_end_changes_nothing(self, server: Serving) -> None:
        with connect(f"{server.socket_url}/") as client:
            client.send(json.dumps({"type": "ping"}))
            assert json.loads(client.recv(timeout=10))["type"] == "pong"

    def test_nothing_of_it_is_a_traceback_or_a_token_in_the_log(self, server: Serving) -> None:
        with connect(f"{server.socket_url}?token=hunter2") as client:
            client.send(json.dumps({"type": "ping"}))
            client.recv(timeout=10)
        httpx.get(f"{server.url}/api/workflow?token=hunter2", trust_env=False)
        assert "hunter2" not in server.text() and "Traceback" not in server.text()


def test_the_admin_site_has_its_style(server: Serving) -> None:
    answer = httpx.get(f"{server.url}/static/admin/css/base.css", trust_env=False)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/css")


class TestOnPostgres:
    """The same with `database=postgres://…`: accounts and documents in one database."""

    def test_it_waits_for_the_database_makes_its_tables_and_serves(
        self, postgres: PostgresServer, tmp_path: Path
    ) -> None:
        database = postgres.url(postgres.create_database())
        postgres.stop()
        try:
            server = Serving(tmp_path / "data", database=database)
            server.spawn()
            server.said("Waiting 30 s for its database")
        finally:
            postgres.start()
        try:
            server.url = server.said(r"Nodius is at (\S+)")
            assert httpx.get(f"{server.url}/api/health", trust_env=False).status_code == 200
            assert server.stop() == 0, server.text()
            assert "Traceback" not in server.text()
        finally:
            server.kill()
        assert not list(tmp_path.glob("data/*.sqlite3"))

    def test_many_first_commands_at_once_make_the_tables_once(
        self, postgres: PostgresServer, tmp_path: Path
    ) -> None:
        database = postgres.url(postgres.create_database())
        create_many_at_once(f"database={database}", f"data_dir={tmp_path / 'data'}")


def test_daphne_serves_the_same_application_configured_by_the_environment(tmp_path: Path) -> None:
    """WS-DAPHNE-1"""
    server = Serving(tmp_path / "data")
    server.create_admin()
    (port,) = free_ports()
    address = f"127.0.0.1:{port}"
    daphne = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "daphne",
            "-p",
            str(port),
            "nodius_site.asgi:application",
        ],
        cwd=ROOT,
        env=ENVIRONMENT | server.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert daphne.stderr
        assert any("Listening on" in line for line in daphne.stderr)
        assert httpx.get(f"http://{address}/api/health", trust_env=False).status_code == 200
        with connect(f"ws://{address}/ws") as client:
            client.send(json.dumps({"type": "ping"}))
            assert json.loads(client.recv(timeout=10))["type"] == "pong"
    finally:
        daphne.kill()
        daphne.communicate()


def test_an_asgi_server_with_a_wrong_option_ends_with_one_line() -> None:
    imported = subprocess.run(
        [sys.executable, "-c", "import nodius_site.asgi"],
        cwd=ROOT,
        env=ENVIRONMENT | {"JWT_SECRET": "short"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (imported.returncode, len(imported.stderr.splitlines())) == (2, 1), imported.stderr


def test_serve_gives_up_after_its_patience_with_one_line_and_status_2(patient: Serving) -> None:
    """OPT-WRONG-1"""
    assert patient.process.wait(60) == 2
    *_, waiting, refused = patient.text().splitlines()
    assert "Waiting 30 s" in waiting and refused.startswith("nodius: database: ")
    assert "hunter2" not in patient.text()
