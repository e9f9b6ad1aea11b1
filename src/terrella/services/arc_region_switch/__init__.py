"""ARC Region switch, as state: plans, with their versions and tags. A plan is kept and not executed.

What would execute one, or tell how an execution went, is refused by name.
https://docs.aws.amazon.com/arc-region-switch/latest/api/Welcome.html
"""

from . import plans  # noqa: F401
from .state import service

__all__ = ["service"]
