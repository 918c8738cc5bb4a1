"""Whether a request is Twilio's: X-Twilio-Signature, over the address that Twilio was given.

The address is the configured public one. Host and X-Forwarded headers are the sender's to choose
and are never read.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from agent.settings.load import SettingsError


class Signature:
    """Checks what comes to `public_url` with the account's token."""

    def __init__(self, public_url: str, auth_token: str) -> None:
        parts = urlsplit(public_url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise SettingsError(
                "server.public_url must be the https:// address that Twilio calls, such as "
                "https://phone.example.com, without a query."
            )
        self._base = public_url.rstrip("/")
        self._host = parts.netloc
        self._path = parts.path.rstrip("/")
        self._port = parts.port
        self._validator = RequestValidator(auth_token)

    @property
    def stream_url(self) -> str:
        """Where Twilio opens the media socket; a query string is not allowed there."""
        return f"wss://{self._host}{self._path}/twilio/stream"

    def webhook(
        self, path: str, query: str, form: ImmutableMultiDict[str, str], headers: Mapping[str, str]
    ) -> bool:
        """Whether a POST of `form` to `path` (with `query`, as sent) is signed."""
        url = self._base + path + (f"?{query}" if query else "")
        return self._valid(url, form, headers)

    def stream(self, headers: Mapping[str, str]) -> bool:
        """Whether the media socket's opening is signed.

        Over wss://, not https://. The validator tries a wss address with and without a port, but
        takes 80 for the missing one: so the port is named here.
        """
        host = self._host if self._port else f"{self._host}:443"
        return self._valid(f"wss://{host}{self._path}/twilio/stream", ImmutableMultiDict([]), headers)

    def _valid(self, url: str, form: ImmutableMultiDict[str, str], headers: Mapping[str, str]) -> bool:
        given = headers.get(SIGNATURE_HEADER)
        if not given:
            return False
        algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER))
        return bool(self._validator.validate(url, form, given, algorithm))
