"""Posting to addresses that strangers have chosen: only the public net, no redirects, little time."""

import asyncio
import socket
import ssl
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:  # who has no webhooks does not wait for it
    import h11

SECONDS = 10.0  # for one post, from looking up the name to the end of the answer
LARGEST_ANSWER = 64 * 1024  # bytes of a body, none of which is kept

_NAT64 = IPv6Network("64:ff9b::/96")


class Unreachable(Exception):
    """There was no answer; `problem` says why in a word."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def is_public(address: str) -> bool:
    """Whether an IP address belongs to anybody in the net, and not to this machine or its neighbourhood."""
    parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        inside = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo and parsed.teredo[1])
        if parsed in _NAT64:
            inside = IPv4Address(parsed.packed[-4:])
        if inside:
            parsed = inside
    return parsed.is_global and not parsed.is_multicast


class Line:
    """A connection to one URL, kept while it is used; made anew when the other side has ended it."""

    def __init__(self, url: str, *, private: bool = False) -> None:
        self._url = urlsplit(url)
        self._private = private
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._http: h11.Connection | None = None

    async def post(self, headers: dict[str, str], body: bytes) -> int:
        """The HTTP status of the answer. Raises `Unreachable`."""
        import h11

        try:
            async with asyncio.timeout(SECONDS):
                kept = self._streams is not None
                try:
                    return await self._post(headers, body)
                except (OSError, h11.RemoteProtocolError):
                    await self.close()
                    if not kept:
                        raise
                    return await self._post(headers, body)  # it had ended since the last post
        except TimeoutError:
            await self.close()
            raise Unreachable("timeout") from None
        except ssl.SSLError:
            await self.close()
            raise Unreachable("tls") from None
        except (OSError, h11.RemoteProtocolError) as error:
            await self.close()
            problem = "no_such_host" if isinstance(error, socket.gaierror) else "no_connection"
            raise Unreachable("no_http" if isinstance(error, h11.RemoteProtocolError) else problem) from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        streams, self._streams, self._http = self._streams, None, None
        if streams is not None:
            streams[1].transport.abort()

    async def _post(self, headers: dict[str, str], body: bytes) -> int:
        import h11

        if self._streams is None:
            self._streams = await self._connect()
            self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_ANSWER)
        assert self._http is not None
        reader, writer = self._streams
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        fields = {"Host": self._url.netloc, "Content-Length": str(len(body)), **headers}
        writer.write(
            self._send(h11.Request(method="POST", target=target, headers=list(fields.items())))
            + self._send(h11.Data(data=body))
            + self._send(h11.EndOfMessage())
        )
        await writer.drain()
        status, size = 0, 0
        while True:
            event: Any = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await reader.read(16_384))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size > LARGEST_ANSWER:
                    await self.close()
                    return status
            elif isinstance(event, h11.EndOfMessage):
                break
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            await self.close()
        return status

    def _send(self, event: Any) -> bytes:
        assert self._http is not None
        return self._http.send(event) or b""

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To an address that was looked up and judged just now, so that no name can lead elsewhere."""
        host, port, context = _place(self._url)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._private and not all(map(is_public, addresses)):
            raise Unreachable("forbidden_address")
        failed: OSError = socket.gaierror("no address")
        for address in addresses:
            try:
                return await asyncio.open_connection(
                    address, port, ssl=context, server_hostname=host if context else None
                )
            except OSError as error:
                failed = error
        raise failed


def _place(url: SplitResult) -> tuple[str, int, ssl.SSLContext | None]:
    assert url.hostname is not None
    if url.scheme == "https":
        return url.hostname, url.port or 443, _verifying()
    return url.hostname, url.port or 80, None


@cache
def _verifying() -> ssl.SSLContext:
    return ssl.create_default_context()
