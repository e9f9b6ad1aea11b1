"""Where state rests: the journal and the ordered maps it fills. Knows no AWS and no disk. Floor 1."""
