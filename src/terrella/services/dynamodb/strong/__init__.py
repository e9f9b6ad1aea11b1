"""Multi-Region strong consistency: a global table of three regions that agree on every write before it is answered.
How they come to agree, whatever is lost, late or comes twice, is `region.raft`.

keeping.py    what of that is on disk, and how agreed writes reach the table
deciding.py   what a write would do, evaluated before it is done
groups.py     the tables of one region at work: messages, timers, who waits for what
founding.py   how such a table begins and ends
"""
