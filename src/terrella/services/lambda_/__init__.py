"""Lambda: functions.py and configuration.py (what there is), code.py (archives), versions.py (and aliases),
invoke.py (now), events.py (later), policy.py (who may), settings.py (concurrency, tags), layers.py, urls.py.
"""

from . import events, functions, invoke, layers, policy, settings, urls, versions
from .state import service

__all__ = ["events", "functions", "invoke", "layers", "policy", "service", "settings", "urls", "versions"]
