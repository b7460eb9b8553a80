"""Chat Router: the streaming service. Holds the version and nothing else."""

__version__ = "0.1.0"
