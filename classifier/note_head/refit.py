"""A head as it would be without some singers, to be examined with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from .examples import NoteExample
from .fit import FittedHead
from .head import NoteHead, feature_matrix
from .held_out import familiar_positions
from .regression import Recipe, one_thread, regress

__all__ = ["refit_without"]


def refit_without(
    fitted: FittedHead, examples: Sequence[NoteExample], singers: Collection[str]
) -> NoteHead | None:
    """Train a head as `fitted` was, but on other singers only.

    Recipe, temperature and threshold are those of `fitted`, which knows all singers: four figures, chosen on
    notes held out in turn. The weights have not seen the singers.

    Parameters
    ----------
    fitted : FittedHead
    examples : sequence of NoteExample
        What it was trained on, augmented ones included.
    singers : collection of str
        To be left out.

    Returns
    -------
    NoteHead or None
        None where the others do not sing two swaras.
    """
    head = fitted.head
    kept = [each for each in examples if each.singer not in singers and each.swara in head.classes]
    taught = {example.swara for example in kept}
    classes = tuple(swara for swara in head.classes if swara in taught)
    if len(classes) < 2:
        return None
    evidence = np.stack([example.evidence for example in kept])
    features = feature_matrix(
        np.stack([example.embedding for example in kept]),
        evidence,
        use_embedding=head.uses_embedding,
        use_evidence=head.uses_evidence,
    )
    labels = np.array([classes.index(example.swara) for example in kept], dtype=np.intp)
    recipe = Recipe(fitted.metrics.embedding_gain, fitted.metrics.inverse_penalty)
    with one_thread():
        linear = regress(features, labels, head.embedding_dim, recipe)
    return NoteHead(
        classes=classes,
        linear=linear,
        temperature=head.temperature,
        threshold=head.threshold,
        uses_embedding=head.uses_embedding,
        uses_evidence=head.uses_evidence,
        familiar=familiar_positions(evidence, labels),
    )
