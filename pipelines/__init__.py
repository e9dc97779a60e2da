"""Pipelines: they wire transforms and decide nothing."""
