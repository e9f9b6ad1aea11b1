"""What CloudWatch refuses, under the names of its published model, whose codes the wire knows."""

from __future__ import annotations

from ...core.errors import AwsError


class ValidationError(AwsError):
    """A rule the model does not state by itself."""


class InvalidParameterValueException(AwsError): ...


class InvalidParameterCombinationException(AwsError): ...


class MissingRequiredParameterException(AwsError): ...


class InvalidNextToken(AwsError): ...


class InvalidFormatFault(AwsError): ...


class ResourceNotFound(AwsError):
    status = 404


class ResourceNotFoundException(AwsError):
    status = 404


class DashboardInvalidInputError(AwsError): ...


class DashboardNotFoundError(AwsError):
    status = 404
