"""The documents SAM writes for HTTP APIs, as far as authorizers go."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.core.errors import AwsError
from terrella.services.cloudformation.openapi import read

GUARDED = {"AuthorizationType": "CUSTOM", "AuthorizerId": "Guard"}


def document(of_operation: Any, **more: Any) -> dict[str, Any]:
    operation = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": "u"}, **of_operation}
    guard = {
        "type": "request", "identitySource": "$request.header.A, $request.header.B", "authorizerUri": "g",
        "authorizerPayloadFormatVersion": 2.0, "enableSimpleResponses": True,
    }  # fmt: skip
    schemes = {"Guard": {"type": "apiKey", "x-amazon-apigateway-authorizer": guard}, "key": {"type": "apiKey"}}
    return {"paths": {"/a": {"get": operation}}, "components": {"securitySchemes": schemes}, **more}


def test_security_names_the_authorizer_of_a_route() -> None:
    found = read(document({"security": [{"Guard": []}]}))
    assert found.guards == {"GET /a": GUARDED}
    assert found.authorizers == {
        "Guard": {
            "AuthorizerType": "REQUEST",
            "IdentitySource": ["$request.header.A", "$request.header.B"],
            "AuthorizerUri": "g",
            "AuthorizerPayloadFormatVersion": 2.0,
            "EnableSimpleResponses": True,
        }
    }


@pytest.mark.parametrize("security", [{}, {"security": []}, {"security": [{"NONE": []}]}])
def test_no_security_is_no_authorizer(security: dict[str, Any]) -> None:
    assert read(document(security)).guards == {}


def test_the_documents_security_is_that_of_every_operation_without_its_own() -> None:
    assert read(document({}, security=[{"Guard": []}])).guards == {"GET /a": GUARDED}
    assert read(document({"security": []}, security=[{"Guard": []}])).guards == {}


def test_an_authorizer_nobody_has_is_refused_by_its_name() -> None:
    with pytest.raises(AwsError, match="asks for key"):
        read(document({"security": [{"key": []}]}))


def test_tokens_bring_scopes_and_signatures_need_no_authorizer() -> None:
    body = document({"security": [{"Guard": ["read"]}]})
    config = {"issuer": "i", "audience": ["me"]}
    jwt = {"type": "jwt", "identitySource": "$request.header.A", "jwtConfiguration": config}
    body["components"]["securitySchemes"]["Guard"]["x-amazon-apigateway-authorizer"] = jwt
    found = read(body)
    assert found.authorizers["Guard"]["JwtConfiguration"] == {"Issuer": "i", "Audience": ["me"]}
    assert found.guards["GET /a"] == {**GUARDED, "AuthorizationType": "JWT", "AuthorizationScopes": ["read"]}
    assert read(document({"security": [{"AWS_IAM": []}]})).guards["GET /a"] == {"AuthorizationType": "AWS_IAM"}
