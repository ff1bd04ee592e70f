"""Networks with a published architecture and random weights, where the trained ones cannot be had."""
