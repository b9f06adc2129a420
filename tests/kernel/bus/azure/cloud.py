"""All of it behind one address."""

from starlette.applications import Starlette

from .entra import Entra
from .namespace import Namespace
from .server import Server
from .topic import Topic

NAMESPACE_TOPIC = "quickserve"


class Azure:
    def __init__(self) -> None:
        self.entra = Entra()
        self.topic = Topic(self.entra.accepts)
        self.namespace = Namespace(NAMESPACE_TOPIC, self.entra.accepts)
        routes = [*self.topic.routes(), *self.namespace.routes(), *self.entra.routes()]
        self.server = Server(Starlette(routes=routes))

    @property
    def url(self) -> str:
        return self.server.url

    async def close(self) -> None:
        await self.topic.close()
        await self.server.stop()
