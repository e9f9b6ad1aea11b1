"""What runs inside a function's sandbox, one file per language. Stands alone: imports nothing of ours."""
