"""Who uses the world: one file per workload."""
