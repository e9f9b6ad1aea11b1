"""The kernel every service stands on: one region, its services, its journal, what it owes its peers. Floor 3."""
