"""Training the network that tells instruments apart; needs TensorFlow, and nothing of it runs at use."""
