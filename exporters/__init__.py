"""Training, export and packaging of model bundles. Never imported by the service."""
