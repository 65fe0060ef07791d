"""What proves the course: its package, its notebooks, the repository around them."""
