"""The versions in the store: described, compared, promoted, rolled back, pruned."""
