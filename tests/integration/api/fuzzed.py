"""A server with something of everything in it, for calls that are made up."""

from __future__ import annotations

import io
import itertools
import json

import httpx
from PIL import Image

from tests.integration.api.wire import ok
from tests.serving import PASSWORD, Serving, command

USERS = MEMBER, VIEWER, BYSTANDER, LEAVER = ("member", "viewer", "bystander", "leaver")
#: What the answer calls the key of an object that was made, and what it is made of besides a name.
MADE_OF: dict[str, tuple[str, dict[str, object]]] = {
    "workflow": ("workflowKey", {"nodes": {"a": {"posX": 1}, "b": {}}, "data": {"log": []}}),
    "category": ("categoryKey", {}),
    "nodeconfig": ("nodeConfigKey", {"process": "return 1;"}),
    "datatype": ("dataTypeKey", {"fields": [{"name": "x"}]}),
}
APPEND = {"o": 3, "p": ["data", "log"], "v": "x"}


class Place:
    """What made-up calls meet: an administrator, users, and objects of every kind.

    The objects are in a workspace of its own, `team`: the member is an owner there, the viewer one
    who looks on, the bystander whatever the calls make of it, and the leaver not in it. Each of
    them has so many logins; `token` gives one that nobody has used before.
    """

    def __init__(self, server: Serving, logins: int) -> None:
        self.server = server
        self.admin = server.login()
        self._tokens = {name: iter(tokens) for name, tokens in _join(server, logins).items()}
        self._numbers = itertools.count()
        self.team = self.workspace()
        self._admit(MEMBER, "owner")
        self._admit(VIEWER, "viewer")
        self.member = self.token(MEMBER)
        self._kept: dict[tuple[str, str], dict[str, str]] = {}

    def close(self) -> None:
        """Close what was opened."""
        self.admin.close()

    def token(self, username: str) -> str:
        """The token of a login that nobody else needs."""
        return next(self._tokens[username])

    def workspace(self) -> str:
        """The key of a new workspace, with the administrator in it alone."""
        made = self.admin.post("/api/workspace", json={"name": f"{next(self._numbers)}"})
        key: str = ok(made, 201)["workspaceKey"]
        return key

    def existing(self, method: str, path: str) -> dict[str, str]:
        """What the parameters in the path of an operation may be, so that it names what is there.

        It is the same for all calls of an operation, except where it may not outlive one.
        """
        call = method, path
        if method == "DELETE" or call not in self._kept:
            self._kept[call] = self._made(path.split("/")[2])
        return dict(self._kept[call])

    def _made(self, kind: str) -> dict[str, str]:
        match kind:
            case "workspace":
                self._admit(BYSTANDER, "viewer")
                return {"key": self.team, "username": BYSTANDER}
            case "history":
                return {"workflow_key": self._thing("workflow")}
            case "image":
                data, files = {"workspace": self.team}, {"file": ("a.png", _png())}
                upload = self.admin.post("/api/image/upload", data=data, files=files)
                return {"key": ok(upload, 201)["imageKey"]}
        return {"key": self._thing(kind)}

    def _admit(self, username: str, role: str) -> None:
        path = f"/api/workspace/{self.team}/member/{username}"
        ok(self.admin.put(path, json={"role": role}), 204)

    def _thing(self, kind: str) -> str:
        called, fields = MADE_OF[kind]
        name = f"{kind} {next(self._numbers)}"
        body = {"name": name, "type": name, "workspace": self.team, **fields}
        key: str = ok(self.admin.post(f"/api/{kind}", json=body), 201)[called]
        if kind == "workflow":
            batch = {"instructions": [APPEND]}
            ok(self.admin.post(f"/api/workflow/{key}/instructions", json=batch))
        return key


def token_of(client: httpx.Client) -> str:
    """The token that a client sends."""
    return client.headers["Authorization"].removeprefix("Bearer ")


def _join(server: Serving, count: int) -> dict[str, list[str]]:
    """Make users who are no administrators, for which there is no command; so many tokens each."""
    script = f"""
import json
from django.db import transaction
from accounts import tokens
from accounts.models import User
made = {{}}
for name in {USERS}:
    user = User.objects.create_user(name, password={PASSWORD!r})
    with transaction.atomic():
        made[name] = [tokens.issue(user).token for _ in range({count})]
print(json.dumps(made))
"""
    done = command("shell", "--no-imports", "-c", script, f"data_dir={server.data_dir}")
    assert done.returncode == 0, done.stderr
    made: dict[str, list[str]] = json.loads(done.stdout)
    return made


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(file, "PNG")
    return file.getvalue()
