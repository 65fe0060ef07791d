"""Programs that people or make run: grading, making data and figures, counting lengths."""
