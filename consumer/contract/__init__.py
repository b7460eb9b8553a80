"""The contract: typed events, their identities and their wire form. Knows nothing of Kafka."""
