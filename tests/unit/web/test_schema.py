"""The client library is typed by what the server has now."""

from __future__ import annotations

import pytest

from nodius_site.schema_files import FOLDER, files


@pytest.mark.parametrize("name", ["openapi.json", "messages.json"])
def test_the_schema_is_as_it_would_be_made_now(name: str) -> None:
    made = files()[name]
    kept = (FOLDER / name).read_text(encoding="utf-8")
    assert kept == made, "run python -m nodius_site.schema_files, then npm run types in web/"
