"""Files that are whole or not there: atomic writes, digests, folders of arrays and of models."""
