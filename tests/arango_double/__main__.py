"""`python -m tests.arango_double --port 0`: prints its URL, and serves until it is killed."""

from __future__ import annotations

import argparse

from tests.arango_double.server import Double
from tests.arango_double.service import Service


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="azerty")
    parser.add_argument("--data", help="file that outlives it")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of an idle transaction")
    parser.add_argument("--role", default="SINGLE", help="what it says it is")
    given = parser.parse_args()
    double = Double(
        given.port, Service(given.data, given.idle, given.role), given.user, given.password
    )
    print(double.address, flush=True)
    double.serve_forever()


if __name__ == "__main__":
    main()
