"""Joins the stages: the loop on the kafka thread, the workers ahead of it, one lane a partition."""
