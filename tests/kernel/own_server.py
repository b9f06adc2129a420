"""A PostgreSQL that can be taken away and comes back."""

import socket
from pathlib import Path

from quickserve.kernel.postgres import EmbeddedPostgres


class OwnServer:
    """An embedded server that comes back on the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._postgres = EmbeddedPostgres(folder, port=port, settings={"fsync": "off"})
        self.url = ""

    def start(self) -> None:
        self.url = self._postgres.start().url("postgres")

    def stop(self) -> None:
        self._postgres.stop()

    def restart(self) -> None:
        self.stop()
        self.start()
