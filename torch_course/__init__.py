"""The code behind helper_functions: a module per subject, imported in one direction only.

_checks ← _epoch ← evaluation ← training; checkpoints and planes build on the first two; planes,
drawings and play on figures; environment and loaders on the first; models and data on none.
Nothing is imported here: `helper_functions` takes each name from its module when it is first
asked for.
"""
