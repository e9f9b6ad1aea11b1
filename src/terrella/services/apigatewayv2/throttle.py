"""A token bucket. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html"""

from __future__ import annotations

from dataclasses import dataclass

# Regions that came later have a quarter of the burst at a quarter of the rate.
RATE, BURST = 10_000.0, 5_000
LATER_RATE, LATER_BURST = 2_500.0, 1_250
LATER = {
    "af-south-1", "eu-south-1", "eu-south-2", "eu-central-2", "il-central-1", "me-central-1", "ca-west-1",
    "mx-central-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7",
}  # fmt: skip


@dataclass(slots=True)
class Bucket:
    """Holds up to `burst` tokens and gains `rate` a second."""

    rate: float
    burst: float
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        """Whether there was a token."""
        tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if tokens < 1.0:
            self.tokens = tokens
            return False
        self.tokens = tokens - 1.0
        return True


def account_bucket(region: str, now: float) -> Bucket:
    """What one account may ask of all its APIs in a region."""
    rate, burst = (LATER_RATE, LATER_BURST) if region in LATER else (RATE, BURST)
    return Bucket(rate, burst, burst, now)
