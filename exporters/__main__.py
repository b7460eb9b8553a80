"""`python -m exporters` is `chat-models`."""

from exporters.cli import main

if __name__ == "__main__":
    main()
