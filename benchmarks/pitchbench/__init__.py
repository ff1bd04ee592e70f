"""The parts of ``python -m benchmarks.pitch``: pitch trackers side by side, over a drone too.

`material` is what is scored, `real`, `made`, `ranges` and `quiet` bring it, `conditions` disturbs it,
`trackers` hears it, `store` remembers what was heard, `score` and `bootstrap` judge it, `cost` weighs what
it takes, and `report` and `plot` write it down.
"""
