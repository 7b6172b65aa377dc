"""The addresses of the pages, under /admin/nodius/."""

from __future__ import annotations

from nodius_site.admin import images, processes, sessions, workflows
from nodius_site.admin.pages import View

#: Route, view, and name. The names `…_changelist` and `…_change` are those that Django's log of
#: what administrators did makes its links of.
PAGES: tuple[tuple[str, View, str], ...] = (
    ("session/", sessions.list_page, "session_changelist"),
    ("session/<str:quoted>/", sessions.page, "session_change"),
    ("workflow/", workflows.list_page, "workflow_changelist"),
    ("workflow/<str:quoted>/change/", workflows.page, "workflow_change"),
    ("workflow/<str:quoted>/restore/", workflows.restore_page, "workflow_restore"),
    ("image/", images.list_page, "image_changelist"),
    ("process/", processes.list_page, "process_changelist"),
)
