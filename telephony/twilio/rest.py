"""Twilio's REST address, for what the media socket can't do: ending a call from outside."""

import httpx
from loguru import logger

TIMEOUT_S = 5.0


class TwilioRest:
    """One account. `base_url` may be another server that speaks the same API. Close it after use."""

    def __init__(self, account_sid: str, auth_token: str, base_url: str) -> None:
        self._account_sid = account_sid
        self._client = httpx.AsyncClient(
            base_url=base_url, auth=(account_sid, auth_token), timeout=TIMEOUT_S, trust_env=False
        )

    async def hang_up(self, call_sid: str) -> bool:
        """Ends a call. True when it is over, also when it already was; False when Twilio can't be reached
        or refuses."""
        path = f"/2010-04-01/Accounts/{self._account_sid}/Calls/{call_sid}.json"
        try:
            response = await self._client.post(path, data={"Status": "completed"})
        except httpx.HTTPError as error:
            logger.error("Twilio's REST address could not be reached: {}", type(error).__name__)
            return False
        if response.is_success or response.status_code == 404:
            return True
        logger.error("Twilio refused to end a call: status {}", response.status_code)
        return False

    async def close(self) -> None:
        await self._client.aclose()
