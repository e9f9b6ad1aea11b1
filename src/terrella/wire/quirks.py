"""What single services do differently on the wire, as data. The only place in `wire` that names services."""

from __future__ import annotations

# Shapes handed over exactly as their JSON notation reads: {"S": "x"}, blobs as base64 text, unwalked.
RAW_SHAPES: dict[str, frozenset[str]] = {
    "dynamodb": frozenset({"AttributeValue"}),
    "dynamodbstreams": frozenset({"AttributeValue"}),
}

# The namespace before the "#" in __type of a JSON error. Others send the bare code.
ERROR_NAMESPACE: dict[str, str] = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810",
    "sqs": "com.amazonaws.sqs",
    "cloudwatch": "com.amazonaws.cloudwatch",
}

# Errors of the service framework itself, not of any one service; their message member is spelled this way.
FRAMEWORK_ERRORS: dict[str, tuple[str, str]] = {
    "SerializationException": ("com.amazon.coral.service", "Message"),
    "UnknownOperationException": ("com.amazon.coral.service", "message"),
    "InvalidSignatureException": ("com.amazon.coral.service", "message"),
    "IncompleteSignatureException": ("com.amazon.coral.service", "message"),
    "MissingAuthenticationTokenException": ("com.amazon.coral.service", "message"),
    "UnrecognizedClientException": ("com.amazon.coral.service", "message"),
    "AccessDeniedException": ("com.amazon.coral.service", "Message"),
    "ValidationException": ("com.amazon.coral.validate", "message"),
    "ThrottlingException": ("com.amazon.coral.availability", "message"),
}

# What those errors are called in XML.
XML_CODE: dict[str, str] = {
    "IncompleteSignatureException": "IncompleteSignature",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
}

# Services whose JSON names Java classes in a SerializationException, and the package of those classes.
JAVA_PACKAGE: dict[str, str] = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810.",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810.",
}

# The SDKs check this header on every answer of these services.
CRC32_SERVICES = frozenset({"dynamodb", "dynamodbstreams"})

# A failed constraint of the model is reported under this code. Otherwise the protocol decides.
INVALID_INPUT_CODE: dict[str, str] = {
    "route53": "InvalidInput",
    "cloudfront": "InvalidArgument",
    "apigateway": "BadRequestException",
    "apigatewayv2": "BadRequestException",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
    "cloudwatch": "ValidationError",
    "route53-recovery-cluster": "ValidationException",
    "route53-recovery-control-config": "ValidationException",
}
INVALID_INPUT_BY_PROTOCOL: dict[str, str] = {
    "query": "ValidationError",
    "ec2": "InvalidParameterValue",
    "rest-xml": "InvalidInput",
}

# Constraints of the model these services do not state in the common words; they check for themselves.
UNCHECKED_SERVICES = frozenset({"s3", "s3control"})
UNCHECKED_SHAPES: dict[str, frozenset[str]] = RAW_SHAPES

# Operations never meant by a request that fits another of the same service: they live at hosts of their own.
SHADOWED_OPERATIONS: dict[str, frozenset[str]] = {"s3": frozenset({"ListDirectoryBuckets"})}

# Services whose answers and errors have S3's form: x-amz-request-id, a bare <Error>.
S3_LIKE = frozenset({"s3"})

# XML namespaces of services whose model gives none.
XML_NAMESPACE: dict[str, str] = {
    "s3": "http://s3.amazonaws.com/doc/2006-03-01/",
    "s3control": "http://awss3control.amazonaws.com/doc/2018-08-20/",
    "route53": "https://route53.amazonaws.com/doc/2013-04-01/",
    "cloudfront": "http://cloudfront.amazonaws.com/doc/2020-05-31/",
}

# Root elements of rest-xml answers, where they are not the operation's name and "Response".
XML_ROOT: dict[tuple[str, str], str] = {
    ("s3", "CompleteMultipartUpload"): "CompleteMultipartUploadResult",
    ("s3", "CreateMultipartUpload"): "InitiateMultipartUploadResult",
    ("s3", "DeleteObjects"): "DeleteResult",
    ("s3", "GetBucketAcl"): "AccessControlPolicy",
    ("s3", "GetBucketCors"): "CORSConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "LifecycleConfiguration",
    ("s3", "GetBucketTagging"): "Tagging",
    ("s3", "GetBucketVersioning"): "VersioningConfiguration",
    ("s3", "GetBucketWebsite"): "WebsiteConfiguration",
    ("s3", "GetObjectAcl"): "AccessControlPolicy",
    ("s3", "GetObjectTagging"): "Tagging",
    ("s3", "ListBuckets"): "ListAllMyBucketsResult",
    ("s3", "ListMultipartUploads"): "ListMultipartUploadsResult",
    ("s3", "ListObjects"): "ListBucketResult",
    ("s3", "ListObjectsV2"): "ListBucketResult",
    ("s3", "ListObjectVersions"): "ListVersionsResult",
    ("s3", "ListParts"): "ListPartsResult",
}

# Answers whose root element holds the text of this member and nothing else.
BARE_ROOT: dict[tuple[str, str], str] = {("s3", "GetBucketLocation"): "LocationConstraint"}

# How a service refuses signatures and what clock skew it bears, in minutes, where its protocol does not tell.
SIGNATURE_FAMILY: dict[str, tuple[str, int]] = {
    "s3": ("SignatureDoesNotMatch", 15),
    "monitoring": ("SignatureDoesNotMatch", 15),
    "sqs": ("SignatureDoesNotMatch", 15),
}

# What a service says to XML it cannot read, where that is not MalformedXML.
MALFORMED_XML: dict[str, tuple[str, str]] = {
    "route53": (
        "InvalidInput",
        "Invalid XML ; The document is not well-formed or not of the expected schema.",
    ),
}

# Services that name the first missing parameter instead of listing violations.
MISSING_PARAMETER = frozenset({"ec2", "rds", "neptune", "docdb", "elasticache", "sqs"})

# The codes a service sent when it still spoke query, where its model has forgotten them.
_SQS = "AWS.SimpleQueueService."
QUERY_CODE: dict[tuple[str, str], str] = {
    ("sqs", "BatchEntryIdsNotDistinct"): _SQS + "BatchEntryIdsNotDistinct",
    ("sqs", "BatchRequestTooLong"): _SQS + "BatchRequestTooLong",
    ("sqs", "EmptyBatchRequest"): _SQS + "EmptyBatchRequest",
    ("sqs", "InvalidBatchEntryId"): _SQS + "InvalidBatchEntryId",
    ("sqs", "MessageNotInflight"): _SQS + "MessageNotInflight",
    ("sqs", "PurgeQueueInProgress"): _SQS + "PurgeQueueInProgress",
    ("sqs", "QueueDeletedRecently"): _SQS + "QueueDeletedRecently",
    ("sqs", "QueueDoesNotExist"): _SQS + "NonExistentQueue",
    ("sqs", "QueueNameExists"): "QueueAlreadyExists",
    ("sqs", "TooManyEntriesInBatchRequest"): _SQS + "TooManyEntriesInBatchRequest",
    ("sqs", "UnsupportedOperation"): _SQS + "UnsupportedOperation",
}
