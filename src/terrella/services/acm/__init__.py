"""AWS Certificate Manager, one per region. A region may serve TLS for a name it has an issued certificate of.

state.py         certificates, and which one covers a host
requests.py      requesting, describing, listing, deleting
validation.py    PENDING_VALIDATION until the world's DNS holds the CNAME
imports.py       certificates the user brings       tags.py   tags

Invariant: a requested certificate is issued only after every one of its names was proven in the world's DNS.
"""

from . import imports, requests, tags, validation  # noqa: F401
from .state import service

__all__ = ["service"]
