"""Names and values: one spelling each, and no text whatever breaks the checks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.services.route53 import names, values
from terrella.services.route53.values import _CHECKS as TYPES


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("WWW.Example.COM", "www.example.com."),
        ("*.example.com.", "\\052.example.com."),
        ("\\052.example.com", "\\052.example.com."),
        ("_sip._tcp.example.com", "_sip._tcp.example.com."),
        ("0/25.2.0.192.in-addr.arpa", "0\\05725.2.0.192.in-addr.arpa."),
        ("a\\.b.example.com", "a\\056b.example.com."),
    ],
)
def test_a_name_has_one_spelling(given_name: str, kept: str) -> None:
    assert names.canonical(given_name) == kept
    assert names.canonical(kept) == kept


@pytest.mark.parametrize("name", ["", ".", "a..b", "é.com", "x" * 64, ".".join(["x" * 63] * 4)])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(names.BadName, match="FATAL problem: "):
        names.canonical(name)


def test_names_are_ordered_by_their_last_labels_and_the_final_dot_counts() -> None:
    shuffled = [
        "b.example.com.",
        "example.com.",
        "a.b.example.com.",
        "b-c.example.com.",
        "\\052.example.com.",
    ]
    assert sorted(shuffled, key=names.order) == [
        "example.com.", "\\052.example.com.", "b-c.example.com.", "b.example.com.", "a.b.example.com.",
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        kept = names.canonical(text)
    except names.BadName:
        return
    assert names.canonical(kept) == kept and kept.endswith(".")


@given(st.sampled_from(sorted(TYPES)), st.text(max_size=300) | st.text('"\\ 0123456789.abc:', max_size=60))
def test_any_text_is_a_value_or_refused_with_a_reason(type: str, text: str) -> None:
    reason = values.check(type, text)
    assert reason is None or reason.startswith("FATAL problem: ")
