"""Ten-turn conversations, held over the line and judged by data: `python -m bench.conversations`."""
