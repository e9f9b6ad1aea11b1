"""What ACM refuses, under the names of its published model."""

from __future__ import annotations

from ...core.errors import AwsError


class ResourceNotFoundException(AwsError):
    def __init__(self, arn: str) -> None:
        super().__init__(f"Could not find certificate {arn}.")


class InvalidParameterException(AwsError): ...


class InvalidDomainValidationOptionsException(AwsError): ...


class InvalidStateException(AwsError): ...


class InvalidTagException(AwsError): ...


class LimitExceededException(AwsError): ...


class RequestInProgressException(AwsError): ...


class TooManyTagsException(AwsError): ...
