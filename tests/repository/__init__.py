"""Tests of what stands around the package: data, installation, tools, benchmarks."""
