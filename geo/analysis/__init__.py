"""Analyses: pure functions from a layout and frames to tidy frames, each number with its band."""
