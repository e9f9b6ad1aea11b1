"""Which services there are: every folder of `terrella.services` that exposes `service`."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from typing import Any

from .. import services
from ..region.service import Service
from ..wire import model

log = logging.getLogger(__name__)


def found_services() -> list[Service[Any]]:
    """All services, their models loaded. A folder that cannot be imported is left out and logged: the world
    then answers for that service as for any other it does not have."""
    found: list[Service[Any]] = []
    for each in pkgutil.iter_modules(services.__path__):
        try:
            module = importlib.import_module(f"{services.__name__}.{each.name}")
            service = getattr(module, "service", None)
            if isinstance(service, Service):
                for name in service.models:
                    model.load(name)
                found.append(service)
        except Exception:
            log.exception("the service in %s is left out: a defect", each.name)
    return found
