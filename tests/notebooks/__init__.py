"""Tests of the notebooks: what is stored, their exercises, another folder of pictures."""
