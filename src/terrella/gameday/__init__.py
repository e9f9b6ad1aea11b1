"""Game days: what visitors do, what breaks, and what is judged from the history. Floor 6."""
