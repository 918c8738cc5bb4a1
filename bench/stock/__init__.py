"""The yardstick: pipecat's own parts, put together as its documentation does."""
