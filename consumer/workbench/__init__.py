"""What people do with rules and feedback beside the service: explain, test, backtest, export."""
