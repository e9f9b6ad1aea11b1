"""Values everyone shares: clocks, errors, names. Floor 0; imports nothing of ours."""
