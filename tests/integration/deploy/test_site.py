"""`./nodius docs` builds a site that is whole, and needs no other server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from nodius_site.options import ROOT
from tests.integration.deploy.programs import copy_project, run_python
from tests.serving import command


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    folder = tmp_path_factory.mktemp("docs")
    built = command("docs", f"output={folder / 'site'}", f"data_dir={folder / 'data'}")
    assert (built.returncode, built.stderr) == (0, ""), built.stdout + built.stderr
    assert str(folder / "site" / "index.html") in built.stdout
    return folder / "site"


@dataclass
class Links(HTMLParser):
    """What a page links to, loads, and can be linked to."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.add(given.get("id", ""))
        if "src" in given:
            self.loads.append(given["src"])
        if "href" in given:
            (self.loads if tag == "link" else self.links).append(given["href"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    """Every page of the site, taken apart."""
    found: dict[Path, Links] = {}
    for file in site.rglob("*.html"):
        found[file] = Links()
        found[file].feed(file.read_text(encoding="utf-8"))
    return found


def test_every_page_of_docs_is_in_the_site(pages: dict[Path, Links]) -> None:
    written = {file.stem for file in (ROOT / "docs").glob("*.md")}
    assert written <= {file.stem for file in pages}


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Links]) -> None:
    lost = []
    for file, page in pages.items():
        if file.name == "404.html":  # it is shown under any address, so its links begin with /
            continue
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            known = pages[target].anchors if target in pages else {parts.fragment}
            if not target.exists() or unquote(parts.fragment) not in known | {"", "__top"}:
                lost.append(f"{file.name}: {link}")
    assert lost == []


def test_nothing_is_loaded_from_another_server(site: Path, pages: dict[Path, Links]) -> None:
    foreign = [load for page in pages.values() for load in page.loads if urlsplit(load).netloc]
    assert foreign == []
    styles = [file.read_text(encoding="utf-8") for file in site.rglob("*.css")]
    assert styles
    assert [
        each for text in styles for each in re.findall(r"url\(['\"]?(?:https?:)?//", text)
    ] == []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    return copy_project(folder, "mkdocs.yml", "docs")


@pytest.mark.parametrize(
    "broken",
    ["[a page](nowhere.md)", "[a heading](protocol.md#nowhere)", "[a file](../LICENSE)"],
)
def test_a_link_that_leads_nowhere_is_an_error(broken: str, project: Path, tmp_path: Path) -> None:
    page = project / "docs" / "index.md"
    page.write_text(f"# Home\n\n{broken}\n", encoding="utf-8")
    words = ["docs", f"output={tmp_path / 'site'}", f"data_dir={tmp_path / 'data'}"]
    status, out, err = run_python("manage.py", *words, cwd=project)
    assert (status, out) == (1, "")
    assert "index.md" in err and "Traceback" not in err
