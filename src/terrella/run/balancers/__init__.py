"""The nodes of a region's load balancers, live: one listening socket per zone and listener.

sockets.py     opens and closes what state says should listen     tls.py       certificates by name
client.py      one client's HTTP connection                       exchange.py  a request to a server, and back
servers.py     connections to the user's servers                  streams.py   bodies as they pass
tunnel.py      bytes both ways: WebSocket, TCP listeners          probes.py    health checks of targets
connections.py what network load balancers carry, unread

What becomes of a request is decided by `services.elbv2`; here it is carried out.
"""

from .sockets import Balancers

__all__ = ["Balancers"]
