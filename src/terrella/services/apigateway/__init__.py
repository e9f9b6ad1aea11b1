"""API Gateway, REST APIs: apis.py, resources.py, methods.py, openapi.py, stages.py (and deployments), guards.py
(authorizers, validators, gateway responses, models), keys.py (and usage plans), domains.py (and base paths), tags.py
are the control plane; execute.py, with routing.py, integrating.py, admitting.py and mocking.py, is the data plane: a
door for the APIs' own names and for custom domains.
"""

from . import apis, domains, execute, guards, keys, methods, openapi, resources, stages, tags
from .state import service

__all__ = [
    "apis", "domains", "execute", "guards", "keys", "methods", "openapi", "resources", "service", "stages", "tags",
]  # fmt: skip
