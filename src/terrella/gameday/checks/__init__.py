"""One file per thing measured. Each exposes `measure(history)`, pure: the history in, plain data out."""
