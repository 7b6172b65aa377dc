"""The pages of this app; the site mounts them at /setup/."""

from __future__ import annotations

from django.urls import path

from accounts.views import setup_page

urlpatterns = [path("", setup_page, name="setup")]
