"""Mock integrations: answers that no server gives, as health checks and CORS preflights use them.

Of mapping templates there is what such answers need: text with values of `$context`, `$stageVariables` and
`$input.params`. Whatever else of VTL a template has is refused when it is set.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ...core.errors import NotImplementedHere
from ...wire.http import Request, Response

Plain = dict[str, Any]
_VALUE = re.compile(
    r"\$(?P<brace>\{)?(?:context\.(?P<context>[a-zA-Z.]+)|stageVariables\.(?P<variable>\w+)"
    r"|input\.params\(['\"](?P<parameter>[^'\"]+)['\"]\))(?(brace)\})"
)
_OTHER = re.compile(r"\$\{?[a-zA-Z]|^\s*#|#(?:set|if|foreach|end|else)\b", re.MULTILINE)


def check_template(text: str) -> None:
    """NotImplementedHere for a template that says more than can be answered here."""
    if _OTHER.search(_VALUE.sub("", text)):
        raise NotImplementedHere("apigateway", "mapping templates with VTL statements")


def mocked(integration: Plain, request: Request, value: Callable[[str, str], str]) -> Response | None:
    """The answer of a mock; None when its request template gives no status. `value(kind, name)` is what stands behind
    a variable of a template: kind is context, variable or parameter."""
    status = _status(integration, request, value)
    if status is None:
        return None
    answers: Plain = integration.get("integrationResponses") or {}
    chosen = _chosen(answers, status)
    if chosen is None:
        return None
    headers = []
    for name, given in (chosen.get("responseParameters") or {}).items():
        if name.startswith("method.response.header."):
            headers.append((name.removeprefix("method.response.header.").lower(), str(given).strip("'")))
    kind, text = _template(chosen.get("responseTemplates") or {}, request.headers.get("accept", ""))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", kind))
    return Response(int(chosen["statusCode"]), headers, filled(text, value).encode())


def filled(text: str, value: Callable[[str, str], str]) -> str:
    """A template with its variables' values."""

    def one(match: re.Match[str]) -> str:
        kind = str(match.lastgroup)
        return value(kind, match[kind])

    return _VALUE.sub(one, text)


def _status(integration: Plain, request: Request, value: Callable[[str, str], str]) -> str | None:
    _, text = _template(integration.get("requestTemplates") or {}, request.headers.get("content-type", ""))
    try:
        said = json.loads(filled(text, value) or "{}")
    except ValueError:
        return None
    code = said.get("statusCode") if isinstance(said, dict) else None
    return str(code) if code is not None else None


def _chosen(answers: Plain, status: str) -> Plain | None:
    """The first answer whose pattern is that status, else the one without a pattern."""
    for each in answers.values():
        pattern = each.get("selectionPattern")
        if pattern and re.fullmatch(pattern, status):
            found: Plain = each
            return found
    plain = [each for each in answers.values() if not each.get("selectionPattern")]
    return next((each for each in plain if str(each["statusCode"]) == status), plain[0] if plain else None)


def _template(templates: dict[str, str], wanted: str) -> tuple[str, str]:
    for kind, text in templates.items():
        if kind in wanted:
            return kind, text
    return next(iter(templates.items()), ("application/json", ""))
