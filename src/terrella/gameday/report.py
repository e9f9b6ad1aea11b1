"""The report of a game day, from its verdict as plain data: for a terminal, for machines, for a browser.

Pure. Durations and moments are seconds of the world; latencies are as they were. The JSON form is the verdict
itself with its version: names in it stay what they are as long as the version does.
"""

from __future__ import annotations

import json
from typing import Any

from .report_html import html
from .report_text import text

__all__ = ["FORMAT", "VERSION", "document", "html", "text"]

FORMAT, VERSION = "terrella-gameday", 1


def document(verdict: dict[str, Any]) -> str:
    """The report as JSON text."""
    whole = {"format": FORMAT, "version": VERSION, **verdict}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
