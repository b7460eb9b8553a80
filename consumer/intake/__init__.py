"""Intake: a Kafka record becomes a turn, a feedback event, or a reason why it cannot."""
