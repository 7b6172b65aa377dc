"""Where everything is: the REST calls, the admin site, the set-up page, and a page that says so."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from nodius_site import metrics
from nodius_site.api import api

WELCOME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Nodius</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/accounts/page.css">
<main>
<h1>Nodius is running</h1>
<p>This server keeps workflows and carries live edits between those who draw them. Its editor was
not built: <code>./nodius serve</code> does that where npm is installed. Programs need none:</p>
<ul>
<li><a href="/api/docs">The REST calls</a>, to read and to try</li>
<li>The WebSocket at <code>/ws</code></li>
<li><a href="/admin/">The admin site</a>: users, workspaces, who is logged in</li>
<li><a href="/api/health">Is it well?</a></li>
</ul>
</main>
</html>
"""


def welcome(request: HttpRequest) -> HttpResponse:
    """What somebody sees who opens the server's address in a browser."""
    return HttpResponse(WELCOME)


urlpatterns = [
    path("", welcome),
    path("api/", api.urls),
    path("metrics", metrics.page),
    path("admin/", admin.site.urls),
    path("setup/", include("accounts.urls")),
]
