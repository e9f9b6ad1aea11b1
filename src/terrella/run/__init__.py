"""The machine: the only floor with sockets, clocks, processes and disks. Floor 7."""
