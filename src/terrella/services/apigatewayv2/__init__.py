"""API Gateway v2, HTTP APIs: apis.py, routes.py, integrations.py, authorizers.py, stages.py (and deployments),
domains.py (and mappings), openapi.py, tags.py are the control plane; execute.py, with routing.py, cors.py,
throttle.py, authorize.py and asking.py, is the data plane: a door for the APIs' own names and for custom domains.
"""

from . import apis, authorizers, domains, execute, integrations, openapi, routes, stages, tags
from .state import service

__all__ = [
    "apis", "authorizers", "domains", "execute", "integrations", "openapi", "routes", "service", "stages",
    "tags",
]  # fmt: skip
