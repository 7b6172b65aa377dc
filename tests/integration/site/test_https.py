"""`https=true`: the certificate given or made, and what is spoken over it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat

from nodius_site.certificates import FILE, LIFETIME, RENEWAL, covered, load, make
from nodius_site.options import ROOT, Wrong, read
from tests.serving import ENVIRONMENT, Serving
from tests.wire import Wire, put

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with a certificate of its own."""
    server = Serving(tmp_path_factory.mktemp("tls") / "data", https="true")
    server.create_admin()
    with server:
        yield server


def handshake(server: Serving, **versions: ssl.TLSVersion) -> ssl.SSLSocket:
    """A connection with the server, by these versions of TLS."""
    context = ssl.create_default_context(cafile=server.certificate)
    for name, version in versions.items():
        setattr(context, name, version)
    host, port = server.url.removeprefix("https://").split(":")
    raw = socket.create_connection((host, int(port)), timeout=10)
    return context.wrap_socket(raw, server_hostname=host)


def test_calls_and_sockets_go_over_tls_by_a_certificate_that_names_the_server(
    secure: Serving,
) -> None:
    assert secure.url.startswith("https://127.0.0.1:")
    with secure.login() as api:
        key = api.post("/api/workflow", json={"name": "x"}).json()["workflowKey"]
        token = api.headers["Authorization"].removeprefix("Bearer ")
        with Wire(secure, token) as wire:
            wire.join(key)
            wire.act(key, put("name", "over wss"), id="1")
            assert wire.expect("ack", id="1")["seq"] == 1
        assert api.get(f"/api/workflow/{key}").json()["workflow"]["name"] == "over wss"


def test_the_fingerprint_is_told_at_the_start_and_is_that_of_what_is_shown(secure: Serving) -> None:
    told = secure.said(r"SHA-256 is\n([0-9A-F:]{95})\n")
    with handshake(secure) as connection:
        shown = connection.getpeercert(binary_form=True)
    assert shown
    found = x509.load_der_x509_certificate(shown).fingerprint(hashes.SHA256())
    assert bytes.fromhex(told.replace(":", "")) == found


def test_the_pair_is_for_its_owner_alone_and_nothing_else_is_left(secure: Serving) -> None:
    assert (secure.data_dir / FILE).stat().st_mode & 0o777 == 0o600
    assert not list(secure.data_dir.glob(f".{FILE}*")) + list(secure.data_dir.glob(".self_signed*"))


def test_tls_is_spoken_from_1_2_on_and_plain_http_not_at_all(secure: Serving) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with handshake(secure, minimum_version=version, maximum_version=version) as connection:
            assert connection.version() == version.name.replace("_", ".")
    host, port = secure.url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        plain.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/" not in plain.recv(100)


def test_older_tls_is_not_spoken(tmp_path: Path) -> None:
    context = load(read([f"data_dir={tmp_path}"], environment={}, dot_env="")[0]).context
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_pair_is_kept_over_a_restart_however_many_start_at_once(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom nodius_site import certificates, data_folder, options\n"
        "values = options.read(sys.argv[1:])[0]\ndata_folder.make(values.data_dir)\n"
        "print(certificates.load(values).fingerprint)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, f"data_dir={tmp_path / 'data'}"],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    told = {process.communicate(timeout=60)[0] for process in started}
    assert len(told) == 1 and told != {""}


class TestSelfSigned:
    """When the pair in the data folder is made anew."""

    def fingerprint(self, folder: Path, host: str = "localhost") -> str:
        words = [f"data_dir={folder}", f"host={host}"]
        return load(read(words, environment={}, dot_env="")[0]).fingerprint

    def test_one_that_will_do_is_kept(self, tmp_path: Path) -> None:
        made = self.fingerprint(tmp_path)
        assert self.fingerprint(tmp_path) == made
        for host in ("127.0.0.1", "::1", "0.0.0.0", "::", "LOCALHOST"):  # noqa: S104
            assert self.fingerprint(tmp_path, host) == made, host

    def test_another_host_is_covered_by_another_pair(self, tmp_path: Path) -> None:
        made = self.fingerprint(tmp_path)
        other = self.fingerprint(tmp_path, "nodius.example")
        assert other != made
        assert self.fingerprint(tmp_path) == other, "it covers localhost as well"

    @pytest.mark.parametrize(("left", "kept"), [(RENEWAL + DAY, True), (RENEWAL - DAY, False)])
    def test_one_near_its_end_is_renewed(self, tmp_path: Path, left: timedelta, kept: bool) -> None:
        (tmp_path / FILE).write_bytes(make("localhost", NOW - LIFETIME + left))
        before = (tmp_path / FILE).read_bytes()
        self.fingerprint(tmp_path)
        assert ((tmp_path / FILE).read_bytes() == before) is kept

    @pytest.mark.parametrize("cut", [0, 100, 300, 700])
    def test_one_that_is_damaged_is_made_anew(self, tmp_path: Path, cut: int) -> None:
        (tmp_path / FILE).write_bytes(make("localhost", NOW)[:cut])
        assert self.fingerprint(tmp_path)

    def test_it_names_this_machine_and_the_host_alone(self) -> None:
        names = [str(name.value) for name in covered("nodius.example")]
        assert names == ["localhost", "127.0.0.1", "::1", "nodius.example"]
        assert [str(name.value) for name in covered("bücher.example")][3] == "xn--bcher-kva.example"


def pair(folder: Path, cert: bytes | None, key: bytes | None) -> list[str]:
    """The words of a command line that give these."""
    words = []
    for name, content in (("cert", cert), ("key", key)):
        if content is not None:
            (folder / name).write_bytes(content)
            words.append(f"{name}={folder / name}")
    return words


def with_passphrase(pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(pem, None)
    encryption = serialization.BestAvailableEncryption(b"hunter2")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


GOOD, OTHER = make("a.example", NOW), make("a.example", NOW)
ODD = ed25519.Ed25519PrivateKey.generate().private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("cert", "key", "told"),
    [
        (GOOD, None, "key: cert is given without it"),
        (None, GOOD, "cert: key is given without it"),
        (b"", GOOD, "holds no certificate"),
        (b"\x00\xff" * 100, GOOD, "holds no certificate"),
        (GOOD[:-60], GOOD, "holds no certificate"),
        (GOOD, b"nothing", "holds no private key"),
        (GOOD, OTHER, "does not belong to the certificate"),
        (GOOD, ODD, "does not"),
        (GOOD, with_passphrase(GOOD), "needs a passphrase"),
        (make("a.example", NOW - LIFETIME - DAY), GOOD, "belong"),
        (make("a.example", NOW + 9 * DAY), GOOD, "belong"),
    ],
)
def test_a_pair_that_will_not_do_is_told_in_one_line(
    tmp_path: Path, cert: bytes | None, key: bytes | None, told: str
) -> None:
    with pytest.raises(Wrong) as wrong:
        load(read(pair(tmp_path, cert, key), environment={}, dot_env="")[0])
    assert told in str(wrong.value) and "\n" not in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize(
    ("since", "told"), [(NOW - LIFETIME - DAY, "has expired on"), (NOW + 9 * DAY, "begins on")]
)
def test_a_pair_out_of_its_time_is_told_in_one_line(
    tmp_path: Path, since: datetime, told: str
) -> None:
    both = make("a.example", since)
    with pytest.raises(Wrong, match=told):
        load(read(pair(tmp_path, both, both), environment={}, dot_env="")[0])


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: (file.unlink(), file.mkdir())])
def test_a_file_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    words = pair(tmp_path, GOOD, GOOD)
    spoil(tmp_path / "key")
    with pytest.raises(Wrong, match="give a file that can be read"):
        load(read(words, environment={}, dot_env="")[0])


def test_serve_refuses_such_a_pair_with_status_2_and_shows_a_good_one(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "port=0", "https=true"]
    words = [*pair(tmp_path, GOOD, OTHER), f"data_dir={tmp_path / 'data'}"]
    done = subprocess.run(
        [*command, *words], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    (tmp_path / "cert").write_bytes(OTHER + GOOD)
    both = make("localhost", NOW)
    paths = dict(word.split("=") for word in pair(tmp_path, both, both))
    with Serving(tmp_path / "data", host="localhost", https="true", **paths):
        assert not (tmp_path / "data" / FILE).exists()


def test_cert_and_key_without_https_are_said_to_be_unused(tmp_path: Path) -> None:
    paths = dict(word.split("=") for word in pair(tmp_path, GOOD, GOOD))
    with Serving(tmp_path / "data", **paths) as server:
        assert server.url.startswith("http://")
        assert "cert and key are not used" in server.text()
