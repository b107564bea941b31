"""What is between a page and the server's sockets, and can be away."""

from playwright.async_api import Page, WebSocketRoute


class Network:
    """Carries everything to the server until it is lost; then every connection ends at once."""

    def __init__(self) -> None:
        self.away = False
        self._sockets: list[WebSocketRoute] = []

    @classmethod
    async def of(cls, page: Page) -> "Network":
        network = cls()
        await page.route_web_socket("**/socket/**", network._carry)
        return network

    async def _carry(self, socket: WebSocketRoute) -> None:
        self._sockets.append(socket)
        if self.away:
            await socket.close()
        else:
            socket.connect_to_server()

    async def lose(self) -> None:
        self.away = True
        await self._sockets[-1].close()
