"""Availability mathematics."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.core.availability import (
    AvailabilityError,
    duration,
    evaluate,
    parallel,
    percent,
    report,
    serial,
    text,
)


@pytest.mark.parametrize(
    ("expression", "shown", "year", "month"),
    [
        ("99%", "99", "3 d 15 h 36 min", "7 h 12 min"),
        ("99% x 2", "99.99", "52 min 34 s", "4 min 19 s"),
        ("99% x 3", "99.9999", "31.5 s", "2.6 s"),
        ("99.9%", "99.9", "8 h 45 min 36 s", "43 min 12 s"),
        ("99.95% then 99.95% then 99.99%", "99.89", "9 h 37 min 59 s", "47 min 30 s"),
        ("0.9995 * 0.9995 * 0.9999", "99.89", "9 h 37 min 59 s", "47 min 30 s"),
        ("99.9% x 2 x 2", "99.9999999999", "0.0315 ms", "0.00259 ms"),
        ("99.9% || 99.9%", "99.9999", "31.5 s", "2.6 s"),
        ("99% or 99% then 100%", "99.99", "52 min 34 s", "4 min 19 s"),
        ("(99% then 99%) x 2", "99.9604", "3 h 28 min 9 s", "17 min 6 s"),
        ("99%x2", "99.99", "52 min 34 s", "4 min 19 s"),
        ("99,5 %", "99.5", "1 d 19 h 48 min", "3 h 36 min"),
        ("100%", "100", "0 s", "0 s"),
        ("0%", "0", "365 d", "30 d"),
    ],
)
def test_what_an_expression_comes_to(expression: str, shown: str, year: str, month: str) -> None:
    found = report(expression)
    assert found["percent"] == shown
    assert found["downtime_per_year"] == year
    assert found["downtime_per_month"] == month


def test_the_figures_of_the_fact_sheet() -> None:
    stack = serial(Fraction("0.9995"), Fraction("0.9995"), Fraction("0.9999"))
    assert float(stack) == pytest.approx(0.99890035, abs=1e-9)
    assert parallel(Fraction("0.999"), Fraction("0.999")) == Fraction("0.999999")
    assert float(parallel(stack, stack)) == pytest.approx(0.99999879, abs=1e-8)


def test_nines_add_up_in_parallel() -> None:
    assert [report(e)["nines"] for e in ("99%", "99% x 2", "99% x 3", "100%", "0%")] == [
        2.0,
        4.0,
        6.0,
        None,
        0.0,
    ]


def test_every_report_warns_that_it_assumes_independence() -> None:
    said = text(report("99% x 2"))
    assert said.startswith("99% x 2: 99.99 % (4 nines)\ndown 52 min 34 s a year")
    assert "fail independently" in said and "share fate" in said


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "not the end"),
        ("99", "write 99.9%"),
        ("101%", "101% is no availability"),
        ("99% x", "after x"),
        ("99% x 99%", "after x"),
        ("99% x 0", "no number of parts"),
        ("99% x 1.5", "no number of parts"),
        ("99% x 1001", "no number of parts"),
        ("(99%", "never closed"),
        ("99%)", "one too many"),
        ("99% 98%", "one too many"),
        ("three nines", "'three' is not understood"),
        ("-1%", "'-1%' is not understood"),
        ("(" * 100 + "99%", "expected, not ("),
        ("9" * 2000, "more than 1000"),
        ("99% then", "not the end"),
    ],
)
def test_what_cannot_be_read_gets_a_clear_sentence(expression: str, says: str) -> None:
    with pytest.raises(AvailabilityError) as wrong:
        evaluate(expression)
    assert says in str(wrong.value)


@given(st.text("0123456789.%x|*() thenor", max_size=40))
def test_any_text_is_read_or_refused(expression: str) -> None:
    try:
        assert 0 <= evaluate(expression) <= 1
        text(report(expression))
    except AvailabilityError:
        pass


@given(st.lists(st.fractions(0, 1), min_size=1, max_size=5))
def test_more_in_a_row_is_never_better_and_more_beside_never_worse(parts: list[Fraction]) -> None:
    assert serial(*parts) <= min(parts) <= max(parts) <= parallel(*parts)


def test_almost_certain_is_never_shown_as_certain() -> None:
    assert percent(1 - Fraction(1, 10**30)) == "99." + "9" * 28
    assert duration(Fraction(59)) == "59 s"
