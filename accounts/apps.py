"""The accounts app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models.signals import post_delete, post_migrate, post_save


class AccountsConfig(AppConfig):
    """Users, login sessions, workspaces; who may do what."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "People"

    def ready(self) -> None:
        """Let the default workspace be made with the tables, also after a flush, and have it told
        when somebody may do less or more.
        """
        post_migrate.connect(_make_default_workspace, sender=self)
        from accounts import news

        for name in ("Membership", "User", "LoginSession"):
            post_delete.connect(news.tell, sender=self.get_model(name))
        for name in ("Membership", "User"):
            post_save.connect(news.tell, sender=self.get_model(name))


def _make_default_workspace(using: str = DEFAULT_DB_ALIAS, apps: Apps = apps, **_: Any) -> None:
    from accounts.roles import DEFAULT_WORKSPACE

    try:
        workspace = apps.get_model("accounts", "Workspace")
    except LookupError:
        return  # the tables were just taken away
    if router.allow_migrate_model(using, workspace):
        workspace.objects.using(using).get_or_create(
            key=DEFAULT_WORKSPACE, defaults={"name": DEFAULT_WORKSPACE}
        )
