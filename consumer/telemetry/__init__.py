"""What people see of the service: metrics, health, logs. Changes nothing of what it does."""
