"""Servers of a user's own: the same one at several addresses of a live world, all with one port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def servers(handler: type[BaseHTTPRequestHandler], *addresses: str) -> Iterator[int]:
    """Their port."""
    first = ThreadingHTTPServer((addresses[0], 0), handler)
    port = first.server_address[1]
    all = [first, *(ThreadingHTTPServer((address, port), handler) for address in addresses[1:])]
    for each in all:
        each.daemon_threads = True
        threading.Thread(target=each.serve_forever, daemon=True).start()
    try:
        yield port
    finally:
        for each in all:
            each.shutdown()
            each.server_close()
