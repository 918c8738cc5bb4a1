"""Any OpenAI-compatible address: vLLM with its adapters, llama.cpp's own server, or another."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import openai

from agent.llm.protocol import LlmError, Message
from agent.settings.tree import Llm

T = TypeVar("T")


class OpenAIEngine:
    """One pool of connections, shared by all calls. vLLM serves an adapter as a model of its own name."""

    def __init__(self, settings: Llm) -> None:
        """Raises `LlmError` where `llm.base_url` isn't set. Connects at the first stream."""
        if not settings.base_url:
            raise LlmError("The openai backend needs an address; set llm.base_url (http://HOST:PORT/v1).")
        self._model = str(settings.adapter) if isinstance(settings.adapter, Path) else settings.model
        self._address = settings.base_url
        self._timeout_ms = settings.timeout_ms
        key = settings.api_key.get_secret_value() if settings.api_key is not None else "none"
        self._client = openai.AsyncOpenAI(
            base_url=settings.base_url, api_key=key, timeout=settings.timeout_ms / 1000, max_retries=0
        )

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
    ) -> AsyncGenerator[str, None]:
        """See `LlmEngine`. `llm.timeout_ms` bounds the wait for each piece; leaving closes the connection."""
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stream": True,
        }
        if stop:
            request["stop"] = list(stop)
        if grammar is not None:
            # llama.cpp reads the first, vLLM the second; each leaves the other's alone.
            request["extra_body"] = {"grammar": grammar, "structured_outputs": {"grammar": grammar}}
        answer = await self._bounded(self._client.chat.completions.create(**request))
        try:
            events = aiter(answer)
            while (event := await self._bounded(anext(events, None))) is not None:
                text = event.choices[0].delta.content if event.choices else None
                if text:
                    yield text
        finally:
            await answer.close()

    async def warm(self, prefix: Sequence[Message] = ()) -> None:
        """Connects and has the server compute `prefix`. Raises `LlmError` where it doesn't answer."""
        async for _ in self.stream(prefix or [Message("user", "Hello.")], max_tokens=1):
            pass

    async def close(self) -> None:
        await self._client.close()

    async def _bounded(self, work: Awaitable[T]) -> T:
        """`work` within the time, and its errors as sentences (which never quote the server's answer)."""
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                return await work
        except (TimeoutError, openai.APITimeoutError, httpx.TimeoutException) as error:
            raise LlmError(
                f"The model at {self._address} gave nothing for {self._timeout_ms} ms; "
                "raise llm.timeout_ms or look at that server."
            ) from error
        except openai.APIStatusError as error:
            raise LlmError(self._refused(error.status_code)) from error
        except (openai.APIConnectionError, httpx.TransportError) as error:
            raise LlmError(
                f"The model at {self._address} can't be reached; start that server or mend llm.base_url."
            ) from error
        except (openai.OpenAIError, ValueError) as error:
            raise LlmError(
                f"The model at {self._address} answered something that isn't a chat; mend llm.base_url."
            ) from error

    def _refused(self, status: int) -> str:
        if status in (401, 403):
            return f"The model at {self._address} refuses the key ({status}); set llm.api_key."
        if status == 404:
            return f"The server at {self._address} has no model {self._model}; set llm.model or llm.base_url."
        if status == 429 or status >= 500:
            return f"The model at {self._address} is overloaded or broken ({status}); look at that server."
        return f"The model at {self._address} refused a request ({status}); check llm.model and the prompt."
