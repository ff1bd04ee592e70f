"""What fine-tuning is worth on singers that it never heard: ``python -m benchmarks.finetune``."""
