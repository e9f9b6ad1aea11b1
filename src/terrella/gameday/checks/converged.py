"""converged: do all replicas hold the same bytes in the end?"""

from __future__ import annotations

from typing import Any

from ...world.history import History


def measure(history: History) -> dict[str, Any]:
    digests = history.digests
    return {"ok": bool(digests) and len(set(digests.values())) == 1, "digests": dict(sorted(digests.items()))}
