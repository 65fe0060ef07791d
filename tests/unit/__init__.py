"""Tests of torch_course, a file per module: arithmetic done by hand, other libraries, damage."""
