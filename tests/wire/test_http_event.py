"""What functions return is never trusted: it is an answer, or it is none."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from terrella.wire.http import Request, Response
from terrella.wire.http_event import Place, response_1, response_2, version_1, version_2

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ANSWERS = st.fixed_dictionaries(
    {"statusCode": JSON | st.just(200)},
    optional={
        "body": JSON,
        "headers": JSON,
        "cookies": JSON,
        "isBase64Encoded": JSON,
        "multiValueHeaders": JSON,
    },
)


def fit(response: Response | None) -> None:
    if response is not None:
        assert 100 <= response.status <= 599
        assert isinstance(response.body, bytes)
        for name, value in response.headers:
            assert name and not set(name + value) & {"\r", "\n", "\x00"}


@given(ANSWERS | JSON)
def test_an_answer_is_fit_to_send_or_none(returned: Any) -> None:
    payload = json.dumps(returned).encode()
    fit(response_1(payload))
    fit(response_2(payload))


@given(st.binary())
def test_bytes_are_borne(payload: bytes) -> None:
    fit(response_1(payload))
    fit(response_2(payload))


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()), st.binary())
def test_any_request_is_an_event(path: str, query: str, headers: dict[str, str], body: bytes) -> None:
    place = Place("123456789012", "api", "api.example", "$default", "$default", "id", 1.0)
    request = Request("GET", path, query, headers, body)
    for make in (version_1, version_2):
        json.dumps(make(request, place))
