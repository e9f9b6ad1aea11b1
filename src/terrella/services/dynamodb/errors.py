"""What DynamoDB refuses beside invalid input, under the names of its published model."""

from __future__ import annotations

from ...core.errors import AwsError, ValidationException


class ResourceNotFoundException(AwsError):
    """No such table, or none that can be read and written yet."""


class ResourceInUseException(AwsError):
    """The table is being made, altered or deleted, or its name is taken."""


class LimitExceededException(AwsError):
    """More at once than an account may do."""


class ConditionalCheckFailedException(AwsError):
    """The condition of a write did not hold. `Item` is what stood there, if the caller asked for it."""


class EmptyKeyException(ValidationException):
    """A key, of a table or of an index, is an empty string or empty bytes. A transaction is refused for it as it
    is for a request that makes no sense, where another key that does not fit cancels it."""

    code = "ValidationException"


class DuplicateItemException(AwsError):
    """An INSERT statement names a key that is taken."""


class ReplicatedWriteConflictException(AwsError):
    """An item of a strongly consistent global table is being written by a request to another region."""


class ExpiredIteratorException(AwsError):
    """A shard iterator is good for fifteen minutes."""


class TrimmedDataAccessException(AwsError):
    """A stream's records can be read for a day."""


class TransactionCanceledException(AwsError):
    """Nothing of a transaction was done; `CancellationReasons` say why, in the order of its actions."""


class IdempotentParameterMismatchException(AwsError):
    """A client request token came again with another request."""


class TableAlreadyExistsException(AwsError):
    """A target table with that name exists."""


class BackupNotFoundException(AwsError):
    """No backup has that ARN."""


class BackupInUseException(AwsError):
    """The backup is being made."""


class PointInTimeRecoveryUnavailableException(AwsError):
    """Point-in-time recovery is not enabled for the table."""


class InvalidRestoreTimeException(AwsError):
    """No such moment can be restored."""


class PolicyNotFoundException(AwsError):
    """The table has no policy, or another than was expected."""


class ProvisionedThroughputExceededException(AwsError):
    """More was asked of a table or index than its capacity and what it saved up; `ThrottlingReasons` say which."""


class TableNotFoundException(AwsError):
    """A source table with that name does not exist."""


class ReplicaAlreadyExistsException(AwsError):
    """The region holds a replica already."""


class ReplicaNotFoundException(AwsError):
    """The region holds no replica."""


class GlobalTableNotFoundException(AwsError):
    """No global table of the 2017 version has that name."""


class GlobalTableAlreadyExistsException(AwsError):
    """A global table of the 2017 version has that name."""


class IndexNotFoundException(AwsError):
    """The table has no such index."""


class ExportNotFoundException(AwsError):
    """No export has that ARN."""


class ExportConflictException(AwsError):
    """A client token came again with another request."""


class InvalidExportTimeException(AwsError):
    """The table cannot be exported as it was at that moment."""


class ImportNotFoundException(AwsError):
    """No import has that ARN."""


class ImportConflictException(AwsError):
    """A client token came again with another request."""
