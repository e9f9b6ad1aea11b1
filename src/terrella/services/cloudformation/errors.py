"""The refusals CloudFormation gives. Nearly all of them are `ValidationError`, told apart by their words."""

from __future__ import annotations

from ...core.errors import AwsError


class ValidationError(AwsError):
    """The template, a parameter or the state of a stack does not allow what was asked."""


class AlreadyExistsException(AwsError):
    """A stack or change set of that name exists."""


class InsufficientCapabilitiesException(AwsError):
    """The template creates what the caller has not acknowledged."""


class LimitExceededException(AwsError):
    """A quota of the account."""


class TokenAlreadyExistsException(AwsError):
    """A client request token was used for something else."""


class ChangeSetNotFoundException(AwsError):
    code = "ChangeSetNotFound"
    status = 404


class InvalidChangeSetStatusException(AwsError):
    code = "InvalidChangeSetStatus"


class TransformFailed(AwsError):
    """A macro could not expand the template; a change set carries the reason."""

    code = "ValidationError"


class HandlerFailed(AwsError):
    """A resource cannot be made as the template asks; the reason becomes its status reason."""

    code = "InvalidRequest"
