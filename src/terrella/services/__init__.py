"""One folder per AWS service; none imports another. Floor 4."""
