"""The commands, a module for each or for a group of them; ``cli`` gives them their names.

Nothing heavy is imported at the top of any: ``swara --help`` imports them all.
"""
