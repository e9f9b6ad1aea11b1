"""One file per kind of visitor."""
