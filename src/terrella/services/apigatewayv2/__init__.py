"""API Gateway v2, HTTP APIs: apis.py, routes.py, integrations.py, stages.py (and deployments), domains.py
(and mappings), openapi.py, tags.py are the control plane; execute.py, with routing.py, cors.py and
throttle.py, is the data plane: a door for the APIs' own names and for custom domains.
"""

from . import apis, domains, execute, integrations, openapi, routes, stages, tags
from .state import service

__all__ = ["apis", "domains", "execute", "integrations", "openapi", "routes", "service", "stages", "tags"]
