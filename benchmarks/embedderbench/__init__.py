"""The parts of ``python -m benchmarks.embedders``: what turns sounds into vectors, side by side.

`peers` are the embedders, `mfcc` and `yamnet_lite` two of them; `instruments` and `probe` ask which
instrument plays, `takes`, `channel`, `shift` and `retrieval` who sings, `ablation` which swara it is, and
`cost` what it takes; `report`, `words` and `plot` write it down.
"""
