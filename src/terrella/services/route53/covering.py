"""Which parameters are kept and told without effect; all others work."""

from __future__ import annotations

from .state import service

_KEPT = "state only"

service.parameters |= {
    "CreateVPCAssociationAuthorization": {"VPC": _KEPT},
}
