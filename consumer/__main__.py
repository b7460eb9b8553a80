"""`python -m consumer` is `chat-router`."""

from consumer.cli import main

if __name__ == "__main__":
    main()
