"""`static=`: the files of a folder at /, and nothing else of the machine (T11)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.serving import PASSWORD, Serving, command

from .raw import answered, head

SCRIPT = "export const answer = 42;\n" * 1000
SECRET = "what nobody may read"
HASHED = "assets/app.0123456789ab.js"


def filled(folder: Path) -> Path:
    """A folder as an editor is built, with what a stranger would look for in and beside it."""
    files = {
        "index.html": "<!doctype html><title>Editor</title>",
        "app.js": SCRIPT,
        HASHED: SCRIPT,
        "docs/index.html": "<!doctype html><title>Docs</title>",
        "empty/nothing.txt": "x",
        "api/health": SECRET,
        "admin/index.html": SECRET,
        "setup/index.html": SECRET,
        "static/admin/css/base.css": SECRET,
        ".env": SECRET,
        ".git/config": SECRET,
        "docs/.htpasswd": SECRET,
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("static")
    made = filled(top / "dist")
    (top / "secret.txt").write_text(SECRET)
    (top / "dist-more").mkdir()
    (top / "dist-more" / "secret.txt").write_text(SECRET)
    (made / "link.txt").symlink_to(top / "secret.txt")
    (made / "etc").symlink_to("/etc")
    (made / "round").symlink_to(made)
    (made / "gone.txt").symlink_to(top / "never")
    (made / "inside.js").symlink_to(made / "app.js")
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Serving]:
    serving = Serving(tmp_path_factory.mktemp("data") / "data", static=folder)
    serving.create_admin()
    with serving:
        yield serving


@pytest.fixture
def api(server: Serving) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/", "text/html", "<title>Editor"),
        ("/docs/", "text/html", "<title>Docs"),
        ("/app.js", "text/javascript", "answer = 42"),
        ("/inside.js", "text/javascript", "answer = 42"),
        (f"/{HASHED}", "text/javascript", "answer = 42"),
    ],
)
def test_files_are_served_by_their_names_and_an_index_by_its_folder(
    api: httpx.Client, path: str, kind: str, text: str
) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert text in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert api.head(path).headers["Content-Length"] == answer.headers["Content-Length"]


@pytest.mark.parametrize("path", ["/docs", "/docs/index.html", "/index.html"])
def test_an_index_has_one_address(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 302
    assert api.get(path, follow_redirects=True).headers["Content-Type"].startswith("text/html")


def test_a_file_comes_compressed_to_who_takes_that_and_the_folder_stays_as_it_is(
    api: httpx.Client, folder: Path
) -> None:
    answer = api.get("/app.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) < len(SCRIPT) / 10
    assert answer.text == SCRIPT
    plain = api.get("/app.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and plain.text == SCRIPT
    assert not list(folder.rglob("*.gz"))


def test_a_compressed_file_beside_it_is_used(api: httpx.Client, folder: Path) -> None:
    (folder / "made.js").write_text(SCRIPT)
    (folder / "made.js.gz").write_bytes(gzip.compress(SCRIPT.encode(), 1))
    answer = api.get("/made.js", headers={"Accept-Encoding": "gzip"})
    assert int(answer.headers["Content-Length"]) == (folder / "made.js.gz").stat().st_size
    assert answer.text == SCRIPT
    assert api.get("/made.js.gz").status_code == 404


def test_what_was_got_once_is_not_sent_again(api: httpx.Client) -> None:
    for path, cached in (
        ("/", "no-cache"),
        ("/app.js", "max-age=60, public"),
        (f"/{HASHED}", "max-age=315360000, public, immutable"),
    ):
        first = api.get(path)
        assert first.headers["Cache-Control"] == cached
        again = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_part_of_a_file_may_be_asked_for(api: httpx.Client) -> None:
    answer = api.get("/app.js", headers={"Range": "bytes=7-11", "Accept-Encoding": "identity"})
    assert (answer.status_code, answer.text) == (206, "const")


def test_a_file_that_was_replaced_is_the_new_one_at_once(api: httpx.Client, folder: Path) -> None:
    for text in (SCRIPT, "// another\n" * 5000, "short"):
        (folder / "changing.js").write_text(text)
        assert api.get("/changing.js").text == text
    (folder / "changing.js").unlink()
    assert api.get("/changing.js").status_code == 404


TRAVERSALS = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/docs/../../secret.txt",
    "/docs/..%2f..%2fsecret.txt",
    "/../dist-more/secret.txt",
    "/..%2fdist-more%2fsecret.txt",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "/etc/passwd",
    "/link.txt",
    "/round/app.js",
    "/gone.txt",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/docs/.htpasswd",
    "/app.js%00",
    "/app.js%00.html",
    "/app.js/",
    "/app.js/x",
    "/./app.js",
    "/docs//index.html",
    f"/{'a' * 300}",
    f"/{'a/' * 3000}",
    "/%ff%fe",
]


@pytest.mark.parametrize("path", [each for each in TRAVERSALS if each != "/round/app.js"])
def test_nothing_outside_and_nothing_hidden_is_served(server: Serving, path: str) -> None:
    # Sent as it stands: a client of ours would tidy it up.
    answer = answered(server.url, [head("GET", path, Connection="close")])
    status = int(answer.split()[1])
    assert 400 <= status < 500, answer
    assert SECRET.encode() not in answer and b"root:" not in answer


def test_a_link_that_stays_inside_may_be_followed(api: httpx.Client) -> None:
    assert api.get("/round/app.js").text == SCRIPT


@pytest.mark.parametrize("path", ["/empty/", "/empty", "/assets/", "/assets"])
def test_a_folder_without_an_index_is_not_listed(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/health", "/admin/login/", "/setup/", "/static/admin/css/base.css"]
)
def test_what_is_ours_stays_ours(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code in (200, 410)
    assert SECRET not in answer.text
    form = {"username": "admin", "password": PASSWORD}
    assert api.post("/api/auth/login", json=form).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_folder_is_for_reading(api: httpx.Client, folder: Path, method: str) -> None:
    assert api.request(method, "/app.js").status_code in (403, 404, 405)
    assert (folder / "app.js").read_text() == SCRIPT


@pytest.mark.parametrize("name", ["static", "editor"])
def test_a_folder_that_is_none_is_one_line(tmp_path: Path, name: str) -> None:
    words = [f"data_dir={tmp_path / 'data'}", f"{name}={tmp_path / 'nothing'}"]
    done = command("serve", "port=0", *words)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert name in done.stderr and urlsplit(done.stderr).netloc == ""
