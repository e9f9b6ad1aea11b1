"""ARC's readiness checks, as state, at their home in us-west-2: cells, recovery groups,
resource sets, readiness checks.

Nothing is checked: what would tell a readiness is refused by name, and never made up.
"""

from . import entries  # noqa: F401
from .state import service

__all__ = ["service"]
