"""What the tests share: the comparison of outputs, and the cells it is applied to."""
