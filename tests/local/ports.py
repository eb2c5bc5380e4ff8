"""Ports on loopback: a given one that must be free, or any free one."""

import errno
import socket

from tests.local.paths import LocalError

LOOPBACK = "127.0.0.1"


def free() -> int:
    """Return a port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def claim(port: int) -> socket.socket:
    """Listen on a port of loopback; 0 takes any free one.

    Raises:
        LocalError: the port is taken, or not ours to take.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} is in use. Stop what listens there, or choose another: make run PORT={port + 1}"
        else:
            message = f"Port {port} cannot be used ({error.strerror}). Choose another: make run PORT=8080"
        raise LocalError(message) from error
    return listener
