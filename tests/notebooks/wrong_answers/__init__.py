"""Known wrong answers to each exercise, with the hint that must come."""
