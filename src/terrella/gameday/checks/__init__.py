"""What must hold: one file per check."""
