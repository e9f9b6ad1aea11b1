"""Routing policies: one file each.

    FIELD                                              the member of a record set that claims the policy
    choose(candidates, asker, network, rng)            some of the candidates; none if none suits the asker

and, if they are so, `CHANCE = True` (two equal questions may get two answers) and `LOCAL = True` (the
answer depends on who asks). Candidates share a name and a type; their unhealthy members have already been
taken out, so policies never ask about health. A policy may be asked again with fewer candidates, when its
choice turned out to be an alias that leads to nothing healthy; and with all of them, when nothing is
healthy at all.
"""
