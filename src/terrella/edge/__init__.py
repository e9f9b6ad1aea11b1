"""Data planes that live outside every region: DNS answers and health checking. Floor 4."""
