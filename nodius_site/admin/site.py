"""The admin site of a server: that of the accounts, and the pages of this package."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path, reverse

from accounts.adminsite import AdminSite

#: What the names of the pages' addresses begin with, as an app's label does.
LABEL = "nodius"
NAME = "Editing"
#: What there are pages of: as in addresses and in the log, and as it is shown.
KINDS = {
    "session": "Live sessions",
    "workflow": "Workflows",
    "image": "Images",
    "process": "Processes",
}


class Site(AdminSite):
    """Shows administrators, and nobody else, the live sessions, the workflows and the images."""

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Django's pages, and these in front of them."""
        # Views need the models, and this object is there before those.
        from nodius_site.admin.urls import PAGES

        pages: list[URLResolver | URLPattern] = [
            path(f"{LABEL}/{route}", self.admin_view(view), name=f"{LABEL}_{name}")
            for route, view, name in PAGES
        ]
        index = path(f"{LABEL}/", self.admin_view(self.app_index), {"app_label": LABEL}, LABEL)
        return [index, *pages, *super().get_urls()]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """What the index and the bar at the side list; what one may not see is not there."""
        apps: list[Any] = [*super().get_app_list(request, app_label)]
        if app_label in (None, LABEL) and may_see(request):
            apps.insert(0, self._section())
        return apps

    def _section(self) -> dict[str, Any]:
        models = [
            {
                "name": shown,
                "object_name": kind,
                "admin_url": reverse(f"admin:{LABEL}_{kind}_changelist", current_app=self.name),
                "add_url": None,
                "view_only": True,
                "perms": {"view": True},
            }
            for kind, shown in KINDS.items()
        ]
        return {
            "name": NAME,
            "app_label": LABEL,
            "app_url": reverse(f"admin:{LABEL}", current_app=self.name),
            "has_module_perms": True,
            "models": models,
        }


def may_see(request: HttpRequest) -> bool:
    """Whether this is an administrator, who may see and change every workflow over REST too."""
    return request.user.is_active and request.user.is_staff and request.user.is_superuser


class AdminConfig(DjangoAdminConfig):
    """In INSTALLED_APPS in place of django.contrib.admin."""

    default_site = "nodius_site.admin.site.Site"
    default = False
