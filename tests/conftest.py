"""Loads the shared fixtures. Holds none itself."""

pytest_plugins = ["tests.fixtures_kafka", "tests.fixtures_model"]
