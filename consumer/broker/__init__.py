"""The embedded Apache Kafka: a real broker for laptops, demos, tests and benchmarks.

Runs on Linux and macOS. It is not for production, and knows nothing about messages or topics.
"""
