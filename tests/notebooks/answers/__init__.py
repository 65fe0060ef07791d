"""Known answers to each exercise: wrong ones, with the hint that must come, and right ones."""
