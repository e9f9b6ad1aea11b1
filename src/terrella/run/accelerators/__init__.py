"""The accelerators' edge, live: sockets on their addresses, flows relayed over the backbone, probes of endpoints.

sockets.py  opens and closes what should listen     flow.py    takes a client in and chooses where it goes
passage.py  the second connection, and all bytes    poller.py  which sockets are ready
probes.py   health checks of plain addresses

Datagrams are carried by `run.datagrams`.

Where a flow goes is decided by `edge.flows`; here it is carried there.
"""

from .sockets import Accelerators

__all__ = ["Accelerators"]
