"""The process in which one image is decoded: `python -m media_store.worker [width]`.

Takes the image on stdin. Answers on stdout: a line of JSON, then the bytes of the picture if there
is one. It may use so much memory and time, and no file, so that what a decoder does wrong with a
stranger's image ends here.
"""

from __future__ import annotations

import json
import os
import sys

from media_store.errors import ImageError, TooLarge
from media_store.images import remake, scaled
from media_store.picture import MIB

#: Bytes of address space; a picture of the most pixels takes about half of it.
MEMORY = 1024 * MIB
#: Seconds of computing.
SECONDS = 10


def main(arguments: list[str]) -> None:
    """Limit this process, and answer for the image on stdin."""
    _limit()
    data = sys.stdin.buffer.read()
    try:
        made = scaled(data, int(arguments[0])) if arguments else remake(data)
        head = {"mime": made.mime, "width": made.width, "height": made.height}
        content = made.content
    except ImageError as error:
        head, content = {"refused": type(error).__name__, "reason": str(error)}, b""
    except MemoryError:
        head, content = {"refused": TooLarge.__name__, "reason": ""}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource

    # The sockets of the server's loop go first.
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])
