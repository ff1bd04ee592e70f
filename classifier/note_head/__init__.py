"""The note head: which swara a held note is, from its embedding and its pitch relative to Sa."""
