"""Kafka in and out. The only folder that imports the Kafka client."""
