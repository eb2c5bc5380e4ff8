"""A second origin that writes down whatever arrives: requests over TCP, datagrams over UDP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Collector:
    """What arrived: names of requests (the last part of their paths), and datagrams."""

    port: int = 0
    names: set[str] = field(default_factory=set)
    datagrams: int = 0

    @property
    def url(self) -> str:
        """Return its address, with the slash."""
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen on a loopback port, in TCP and UDP."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def _note(self) -> None:
            collector.names.add(self.path.rpartition("/")[2])
            self.send_response_only(204)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
            self.end_headers()

        do_GET = do_POST = do_OPTIONS = do_HEAD = _note

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.port = server.server_port
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", collector.port))

    def listen() -> None:
        while datagrams.recv(2048) != b"end":
            collector.datagrams += 1

    threads = [threading.Thread(target=run, daemon=True) for run in (server.serve_forever, listen)]
    for thread in threads:
        thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        datagrams.sendto(b"end", ("127.0.0.1", collector.port))
        for thread in threads:
            thread.join()
        datagrams.close()
