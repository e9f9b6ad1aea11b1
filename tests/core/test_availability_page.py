"""The figures printed in docs/availability.md are the ones the library computes."""

import re
from pathlib import Path

from terrella.core.availability import report, text

PAGE = (Path(__file__).parents[2] / "docs" / "availability.md").read_text()


def test_the_table_is_current() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([\d.]+) % \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 3
    for expression, percent, year in rows:
        found = report(expression)
        assert (found["percent"], found["downtime_per_year"]) == (percent, year)


def test_the_session_is_current() -> None:
    assert "    " + "\n    ".join(text(report("99% x 2")).splitlines()[:2]) in PAGE
