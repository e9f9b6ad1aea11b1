"""Geography: places, distances, addresses, and what becomes of a packet. Knows no bytes. Floor 1."""
