"""`./nodius serve`, which on SIGUSR1 prints what it holds: sessions, tasks, objects.

python -m benchmarks.observed [option=value …]
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sys


def main(words: list[str]) -> None:
    """Serve until SIGTERM."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "nodius_site.settings"
    from nodius_site import options

    options.install(options.read(words, command="serve")[0])
    import django

    django.setup()
    from nodius_site import wiring
    from nodius_site.listening import listen
    from nodius_site.server import Server

    def tell() -> None:
        live = wiring.start()
        gc.collect()
        held = {
            "sessions": len(live.hub.sessions),
            "tasks": len(asyncio.all_tasks()),
            "objects": len(gc.get_objects()),
        }
        print(json.dumps(held), flush=True)

    class Observed(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
            await super().startup(sockets)

    values = options.in_force()
    Observed(announce=lambda: None).run(listen(values.text("host"), values.number("port")))


if __name__ == "__main__":
    main(sys.argv[1:])
