"""The Django application of backups: the commands exportdb and importdb."""

from __future__ import annotations

from django.apps import AppConfig


class BackupConfig(AppConfig):
    """Brings the commands; it has no tables."""

    name = "backup"
