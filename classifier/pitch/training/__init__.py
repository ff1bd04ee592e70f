"""How the pitch head is trained: scenes made on the fly, and nothing recorded."""
