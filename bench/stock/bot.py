"""One call of the stock pipeline: nothing of it is ours, and nothing in it is tuned.

As pipecat 1.14.0 documents a Twilio bot: default rates (16 kHz in, 24 kHz out), Silero as the user
aggregator's voice activity detector, the default turn strategies (Smart Turn v3), Whisper, an
OpenAI-compatible model, Piper. Each call builds, and so loads, its own services. Three things differ
from the documented bot, all in its favour: the greeting is a fixed sentence instead of one that the
model makes up, a reply has at most `MAX_TOKENS`, and metrics are off.
"""

from dataclasses import dataclass
from pathlib import Path

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.piper.tts import PiperTTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner
from starlette.websockets import WebSocket

GREETING = "Thanks for calling Harbor Goods, this is the automated agent. How can I help you?"
PROMPT = (
    "You answer the telephone of Harbor Goods, an online shop for clothing and small electronics. "
    "You are short, friendly and exact. Your answers are spoken aloud: one or two short sentences, "
    "no lists, no special characters. The shop is open Monday to Friday from 9 AM to 6 PM and Saturday "
    "from 10 AM to 4 PM. Unworn items can be returned within 30 days for a full refund. "
    "Order 12345 has been shipped."
)

MAX_TOKENS = 80
"""Without a bound the untrained model rambles on behind the caller's back and starves the turns to come."""


@dataclass(frozen=True, slots=True)
class StockModels:
    """The same weights as ours: folders of files, and the address of llama.cpp's server."""

    whisper: Path
    piper: Path
    voice: str
    llm_url: str
    llm_key: str
    llm_name: str


async def answer(websocket: WebSocket, models: StockModels) -> None:
    """Runs one call on an accepted socket to its end."""
    _, call = await parse_telephony_websocket(websocket)
    serializer = TwilioFrameSerializer(
        stream_sid=call["stream_id"],
        call_sid=call["call_id"],
        params=TwilioFrameSerializer.InputParams(auto_hang_up=False),
    )
    transport = FastAPIWebsocketTransport(
        websocket=websocket,
        params=FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
        ),
    )
    worker = PipelineWorker(_pipeline(transport, models))

    @transport.event_handler("on_client_connected")
    async def on_client_connected(transport: FastAPIWebsocketTransport, client: WebSocket) -> None:
        await worker.queue_frames([TTSSpeakFrame(GREETING)])

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(transport: FastAPIWebsocketTransport, client: WebSocket) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def _pipeline(transport: FastAPIWebsocketTransport, models: StockModels) -> Pipeline:
    stt = WhisperSTTService(
        device="cpu", compute_type="int8", settings=WhisperSTTService.Settings(model=str(models.whisper))
    )
    llm = OpenAILLMService(
        api_key=models.llm_key,
        base_url=models.llm_url,
        settings=OpenAILLMService.Settings(
            model=models.llm_name, system_instruction=PROMPT, max_tokens=MAX_TOKENS
        ),
    )
    tts = PiperTTSService(download_dir=models.piper, settings=PiperTTSService.Settings(voice=models.voice))
    user, assistant = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    return Pipeline([transport.input(), stt, user, llm, tts, transport.output(), assistant])
