"""A take beside a professional's: laid over it note by note, and where it leaves that line."""
