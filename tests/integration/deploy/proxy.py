"""nginx with the configuration of deploy/, in front of servers that a test has started."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.integration.deploy.programs import DEPLOY, program, run
from tests.ports import free_ports

_AROUND = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
events {{}}
http {{
    log_format reached "$request_method $request_uri $upstream_addr $status";
    access_log {folder}/access.log reached;
    {bodies}
    include {folder}/nodius.conf;
}}
"""
#: What nginx wants to keep bodies in, whether it uses it or not.
_BODIES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Proxy:
    """`with Proxy(folder) as proxy`: nginx at `proxy.url`, after `proxy.serve(upstreams)`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nginx = program("nginx", "apt-get install nginx-light")
        self.plain_port, self.port = free_ports(2)
        self.url = f"https://127.0.0.1:{self.port}"
        self.certificate = folder / "cert.pem"
        status, said = run(
            *(program("openssl", "apt-get install openssl"), "req", "-x509", "-nodes"),
            *("-newkey", "rsa:2048", "-keyout", folder / "key.pem", "-out", self.certificate),
            *("-subj", "/CN=nodius.example.com", "-addext", "subjectAltName=IP:127.0.0.1"),
        )
        assert status == 0, said
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)

    @property
    def socket_url(self) -> str:
        """Where its WebSocket is."""
        return f"wss{self.url.removeprefix('https')}/ws"

    @property
    def trust(self) -> ssl.SSLContext:
        """What trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def serve(self, *servers: str, hashed: bool = True) -> None:
        """Start nginx with these addresses (host:port) instead of those of the file.

        Unless `hashed`, each in turn is asked, whatever it is about.
        """
        site = self._site(servers)
        if not hashed:
            site, count = re.subn(r" *hash .*\n", "", site)
            assert count == 1
        (self.folder / "nodius.conf").write_text(site)
        (self.folder / "nginx.conf").write_text(
            _AROUND.format(
                folder=self.folder,
                user="user root;" if os.getuid() == 0 else "",
                bodies="\n".join(f"{each}_temp_path {self.folder}/{each};" for each in _BODIES),
            )
        )
        words = [self.nginx, "-c", f"{self.folder}/nginx.conf", "-e", f"{self.folder}/error.log"]
        status, said = run(*words, "-t", "-q")
        assert (status, said) == (0, ""), said + self.errors()
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        self._await()

    def client(self, **headers: str) -> httpx.Client:
        """An HTTP client that trusts its certificate."""
        return httpx.Client(base_url=self.url, verify=self.trust, trust_env=False, headers=headers)

    def reached(self, path: str) -> set[str]:
        """The addresses of the servers that were asked for this path."""
        lines = (self.folder / "access.log").read_text().splitlines()
        asked = [line.split() for line in lines]
        return {where for _, what, *wheres, _ in asked if what == path for where in wheres}

    def errors(self) -> str:
        """What nginx had to complain of."""
        log = self.folder / "error.log"
        return log.read_text() if log.exists() else ""

    def _site(self, servers: tuple[str, ...]) -> str:
        site = (DEPLOY / "nginx.conf").read_text()
        site = re.sub(r"listen \[::\].*\n", "", site)
        site = site.replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};")
        site = site.replace("listen 443 ", f"listen 127.0.0.1:{self.port} ")
        site = site.replace("/etc/ssl/", f"{self.folder}/")
        named = re.findall(r"server (\S+:8426)[^;]*;\n", site)
        assert len(named) >= len(servers)
        for name, server in zip(named, servers, strict=False):
            site = site.replace(name, server)
        return re.sub(r" *server \S+:8426[^;]*;\n", "", site)

    def _await(self) -> None:
        assert self.process
        deadline = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert self.process.poll() is None, self.errors()
                assert time.monotonic() < deadline, self.errors()
                time.sleep(0.02)
