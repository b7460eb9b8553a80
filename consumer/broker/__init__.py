"""The embedded Apache Kafka: a real broker for laptops, demos, tests and benchmarks.

It is not for production, and it knows nothing about chat messages or topics.
"""
