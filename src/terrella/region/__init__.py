"""The kernel every service stands on: one region, its services, its journal, its debts to peers. Floor 3."""
