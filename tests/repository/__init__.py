"""Tests of all around the package: data, installation, tools, benchmarks, tests/support."""
