"""The stories: one file per game day."""
