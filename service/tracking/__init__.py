"""What is mirrored in MLflow, for those who ask for it."""
