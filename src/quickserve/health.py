"""`python -m quickserve.health [PORT]`: asks the process on this machine whether it is ready.

The container's health check: it runs every few seconds, so it imports next to nothing.
"""

import sys
from http.client import HTTPConnection, HTTPException

PORT = 8000  # of every service in a container
_SECONDS_MAX = 3


def main(port: int) -> str | None:
    """What is wrong, if anything."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS_MAX)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        told = answer.read(500).decode(errors="replace")
    except (OSError, HTTPException) as error:
        return f"no answer: {error!r}"
    finally:
        connection.close()
    return None if answer.status == 200 else f"{answer.status}: {told}"  # noqa: PLR2004


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PORT))
