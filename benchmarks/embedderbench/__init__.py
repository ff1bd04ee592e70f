"""The parts of ``python -m benchmarks.embedders``: what turns sounds into vectors, side by side.

`peers` are the embedders, `mfcc` one of them; `instruments` and `probe` ask which
instrument plays, `takes`, `channel`, `shift`, `retrieval` and `single_notes` who sings, `ablation` which
swara it is, and `cost` and `program` what it takes; `report`, `words` and `plot` write it down.
"""
