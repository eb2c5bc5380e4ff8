"""A plain HTTP door on loopback to the emulator's TLS port.

The buckets of template.yaml refuse whoever comes without TLS, so the emulator speaks TLS. Browsers and
scripts do not know its certificate, but they trust plain HTTP on 127.0.0.1: the door passes their bytes on.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.local.ports import LOOPBACK

CHUNK = 1 << 16
ROUNDS_TO_CLOSE = 5  # of the event loop, for closed connections to be let go


@contextmanager
def opened(listener: socket.socket, tls_port: int, certificate: Path) -> Iterator[None]:
    """Serve an already listening socket in a thread of its own until the block ends."""
    trust = ssl.create_default_context(cafile=str(certificate))
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with suppress(OSError):
                    await _join(reader, writer, tls_port, trust)
            finally:
                writer.close()

        server = await asyncio.start_server(answer, sock=listener)
        ready.set()
        await stop.wait()
        server.close()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        finally:
            pending = asyncio.all_tasks(loop)
            for task in pending:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            for _ in range(ROUNDS_TO_CLOSE):
                loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    thread = threading.Thread(target=run, name="door", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, trust: ssl.SSLContext) -> None:
    inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port, ssl=trust)
    inward = asyncio.ensure_future(_pour(reader, inner_writer))
    outward = asyncio.ensure_future(_pour(inner_reader, writer))
    try:
        await asyncio.wait({inward, outward}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        inward.cancel()
        outward.cancel()
        await asyncio.gather(inward, outward, return_exceptions=True)
        inner_writer.transport.abort()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK):
        target.write(chunk)
        await target.drain()
