"""Which embedder is used; fine-tuning and removing one."""
