"""A process of a cluster for tests: it counts what is published under `news`, and answers requests.

To `counts` it answers with its counts and how much news there was, to anything else with the same.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from cluster.endpoints import Ports
from tests.integration.cluster.scene import manager


def main(name: str, cluster: str, *ports: str) -> None:
    """Work until stdin ends or a signal comes."""
    news: list[Any] = []
    with manager(Ports(*map(int, ports)), name, cluster=cluster) as process:

        def answer(sender: str, message: Any) -> Any:
            if message == "counts":
                return {**process.counts(), "news": len(news)}
            return message

        process.on_message(answer)
        process.subscribe("news", news.append).ready.result(20)
        while not process.is_connected:
            time.sleep(0.01)
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
