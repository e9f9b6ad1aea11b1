"""Regions, edge and network make a world; the simulated one lives here. Floor 5."""
