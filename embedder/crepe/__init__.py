"""CREPE, whose pretrained weights the extra ``crepe`` brings."""
