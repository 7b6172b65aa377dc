"""`./nodius docs`: the documentation as a site."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from nodius_site.commands import COMMANDS
from nodius_site.options import ROOT, Wrong, environment_with


class Command(BaseCommand):
    """Builds the site. A link or an anchor that leads nowhere is exit status 1, and named."""

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of its own, which were checked before."""
        for option in COMMANDS["docs"].options:
            parser.add_argument(f"--{option.name}", default=option.default)

    def handle(self, *, output: str | None, **_: Any) -> None:
        """Raises Wrong if what builds it is not installed."""
        if not all(importlib.util.find_spec(name) for name in ("mkdocs", "material")):
            raise Wrong("mkdocs is missing: .venv/bin/pip install -r requirements-dev.txt")
        site = Path(output).resolve() if output else ROOT / "site"
        words = ["--strict", "--config-file", f"{ROOT / 'mkdocs.yml'}", "--site-dir", f"{site}"]
        # Not --quiet: mkdocs then overlooks what --strict is there for.
        built = subprocess.run(  # noqa: S603 - a program we need, with our own words
            [sys.executable, "-m", "mkdocs", "build", *words],
            # Of versions to come, which nobody who builds this can do anything about.
            env=environment_with({"NO_MKDOCS_2_WARNING": "1"}),
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            self.stderr.write(built.stderr.strip())
            sys.exit(1)
        self.stdout.write(f"The documentation is in {site / 'index.html'}")
