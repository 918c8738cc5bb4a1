"""What keeps an adapter from being exported."""

from agent.settings import UserError


class ExportError(UserError):
    """An adapter can't be exported or checked; the text says what would be right."""

    exit_code = 2
