"""A process of a cluster for tests: it counts what is published under `news`, and answers requests.

To `counts` it answers with its counts and how much news there was, to anything else with the same.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from cluster.manager import ClusterManager
from tests.integration.cluster.scene import PACE


def main(name: str, cluster: str, *ports: str) -> None:
    """Work until stdin ends or a signal comes."""
    news: list[Any] = []
    with ClusterManager(*map(int, ports), name=name, cluster=cluster, pace=PACE) as manager:

        def answer(sender: str, message: Any) -> Any:
            if message == "counts":
                return {**manager.counts(), "news": len(news)}
            return message

        manager.on_message(answer)
        manager.subscribe("news", news.append).ready.result(20)
        while not manager.is_connected:
            time.sleep(0.01)
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
