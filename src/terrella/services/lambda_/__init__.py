"""Lambda: functions.py and configuration.py (what there is), code.py (archives), versions.py (and aliases),
invoke.py and running.py (now), events.py and event_configs.py (later), policy.py (who may), settings.py
(concurrency, tags), measuring.py (metrics), layers.py, urls.py (functions with a web address). Events that are fetched:
event_sources.py and source_settings.py (mappings), stream_polling.py, queue_polling.py, batches.py, filters.py.
"""

from . import event_configs, event_sources, events, functions, invoke, layers, policy, settings, urls, versions
from .state import service

__all__ = [
    "event_configs", "event_sources", "events", "functions", "invoke", "layers",
    "policy", "service", "settings", "urls", "versions",
]  # fmt: skip
