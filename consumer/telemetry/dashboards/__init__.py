"""The two Grafana dashboards as data, and what makes their JSON of it. Never runs in the service.

`python -m consumer.telemetry.dashboards` writes the files that the chart and Compose ship.
"""
