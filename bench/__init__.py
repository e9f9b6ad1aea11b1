"""Terrella beside its peers and beside the bare ceiling of what plain Python could do, as ratios."""
