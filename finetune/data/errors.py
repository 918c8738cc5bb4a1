"""What is wrong with data that should be learned from."""

from agent.settings import UserError


class DataError(UserError):
    """Data can't be used; the text names the file, the row and what would be right."""

    exit_code = 2
