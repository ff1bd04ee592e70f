"""Fine-tuning on corpora made for it, judged by singers that it never heard."""
