"""Asks the server of this container whether it is well: exit status 0 if so, else 1 and why.

    python -m deploy.healthcheck

It finds the server by the environment that the server has too. Standard library only.
"""

from __future__ import annotations

import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from nodius_site.options import Values, Wrong, in_force

#: Seconds; below the timeout of HEALTHCHECK in the Dockerfile.
PATIENCE = 4


def main() -> int:
    """The exit status."""
    try:
        connection = _connection(in_force())
        connection.request("GET", "/api/health")
        status = connection.getresponse().status
    except (Wrong, OSError, HTTPException) as error:
        print(f"not well: {error}")
        return 1
    print("well" if status == 200 else f"not well: status {status}")
    return 0 if status == 200 else 1


def _connection(options: Values) -> HTTPConnection:
    port = options.number("port")
    if not options.flag("https"):
        return HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    # Nobody stands between within a container, and the certificate names the public host.
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    return HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=unchecked)


if __name__ == "__main__":
    sys.exit(main())
