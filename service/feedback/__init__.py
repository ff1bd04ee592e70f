"""What users say of a verdict: corrections, kept and read."""
