"""The admin site itself: Django's, with logins that are counted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from accounts.errors import Throttled


class AdminSite(admin.AdminSite):
    """Answers 429 to too many logins; attempts here and over REST count together."""

    site_header = site_title = "Nodius"
    index_title = "Administration"

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The login page."""
        # Django builds this object before the models are there.
        from accounts.views import too_many

        try:
            return super().login(request, extra_context)
        except Throttled as throttled:
            return too_many(request, throttled)
