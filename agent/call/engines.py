"""The engines of a process: loaded once, warmed before the first call, shared by all calls."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from loguru import logger

from agent.asr import open_engine as open_asr
from agent.asr.protocol import AsrEngine
from agent.llm import AdapterEngines
from agent.llm import open_engines as open_llm
from agent.settings.tree import Tree
from agent.tts import open_engine as open_tts
from agent.tts.clauses import clauses
from agent.tts.protocol import TtsEngine
from agent.vad import open_engine as open_vad
from agent.vad.protocol import VadEngine
from agent.vad.smart_turn import SmartTurn


@dataclass(slots=True)
class Engines:
    vad: VadEngine
    smart_turn: SmartTurn | None
    asr: AsrEngine
    tts: TtsEngine
    llm: AdapterEngines | None

    @classmethod
    async def open(cls, settings: Tree, progress: Callable[[str], None]) -> "Engines":
        """Loads all engines, each in a thread; `progress` is told of each. Raises the engines' errors."""
        opened = AsyncExitStack()
        async with opened:
            progress("ears")
            vad = await asyncio.to_thread(open_vad, settings.vad, settings.models)
            smart_turn = await asyncio.to_thread(SmartTurn) if settings.turns.smart_turn else None
            asr = await asyncio.to_thread(open_asr, settings.asr, settings.models)
            opened.push_async_callback(asr.close)
            progress("voice")
            tts = await asyncio.to_thread(open_tts, settings.tts, settings.models)
            opened.push_async_callback(tts.close)
            llm = None
            if settings.dialogue.responder == "model":
                progress("language model")
                llm = await asyncio.to_thread(open_llm, settings.llm, settings.models)
                if llm is not None:
                    opened.push_async_callback(llm.close)
            opened.pop_all()
        return cls(vad, smart_turn, asr, tts, llm)

    async def warm(self, phrases: Sequence[str], progress: Callable[[str], None]) -> None:
        """Runs each engine once; the voice says all `phrases`, so that no call waits for one of them.

        The language model's are warmed by the businesses, each with its own prompt.
        """
        began = time.monotonic()
        progress("warming")
        await self.asr.warm()
        if self.smart_turn is not None:
            await asyncio.to_thread(self.smart_turn.warm)
        await self.tts.warm([clause for phrase in phrases for clause in clauses(phrase)])
        await self.tts.filled()
        logger.info("engines warm after {} ms", round((time.monotonic() - began) * 1000))

    async def close(self) -> None:
        await self.asr.close()
        await self.tts.close()
        if self.llm is not None:
            await self.llm.close()
