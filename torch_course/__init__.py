"""The code behind helper_functions: a module per subject, imported in one direction only.

_checks ← _epoch ← evaluation ← training; checkpoints, figures and pictures build on the first
two; environment, exercises, loaders, models and data stand by themselves. Nothing is imported here:
`helper_functions` takes each name from its module when it is first asked for.
"""
