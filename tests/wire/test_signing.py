"""What we sign we also accept, and botocore signs the same."""

from __future__ import annotations

import pytest

from terrella.core.errors import AwsError
from terrella.wire import client, model, signing, sigv4

NOW = 1_790_000_000.0


def test_a_request_of_ours_passes_verification() -> None:
    request = client.write(model.load("dynamodb").operations["ListTables"], {}, region="eu-west-1")
    signing.sign(request, "AKIA", "secret", "eu-west-1", "dynamodb", NOW)
    signature = sigv4.read(request)
    assert signature is not None and signature.region == "eu-west-1"
    sigv4.verify(request, signature, "secret", NOW)
    with pytest.raises(AwsError):
        sigv4.verify(request, signature, "another secret", NOW)
