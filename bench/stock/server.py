"""The stock pipeline behind a Media Streams socket, to measure ours beside it.

    python -m bench.stock.server --port 0 --ready-file stock.json [--stt base|tiny.en]

A client dials ws://127.0.0.1:PORT/stock. Needs the weights of `agent models pull`.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger

from agent.models import require
from agent.settings import Tree
from bench.stock.bot import StockModels, answer

SLOTS = 4
"""Calls whose replies llama.cpp makes side by side."""
CONTEXT_TOKENS = 2048
THREADS = 2
"""As ours."""
GRACE_S = 3
"""The stock server doesn't end by itself while a call's socket is open."""


def open_llm(gguf: Path, key: str, name: str) -> Any:
    """llama.cpp's server over `gguf`, on a free port of this machine."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(gguf)
    parameters.model_alias = {name}
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * CONTEXT_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = THREADS
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.ui = False
    parameters.verbosity = -1
    return xllamacpp.Server(parameters)


def create_app(models: StockModels) -> FastAPI:
    app = FastAPI()

    @app.websocket("/stock")
    async def stock(websocket: WebSocket) -> None:
        await websocket.accept()
        await answer(websocket, models)

    return app


def write_ready(path: Path, port: int) -> None:
    """`{"port": N}`, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps({"port": port}))
    os.replace(part, path)


async def serve(app: FastAPI, port: int, ready_file: Path | None) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_S)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="stock server")
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if server.started and ready_file is not None:
            write_ready(ready_file, listener.getsockname()[1])
        await serving
    finally:
        serving.cancel()
        listener.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.stock.server", description="The stock pipeline, to measure.")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--ready-file", type=Path, help='gets {"port": N} when calls are answered')
    parser.add_argument("--stt", choices=("base", "tiny.en"), default="base", help="Whisper's weights")
    options = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="WARNING")  # a line for each frame would cost the pipeline time
    weights = Tree().models
    key, name = secrets.token_urlsafe(24), "smollm2-135m"
    llm = open_llm(next(require(weights, name).glob("*.gguf")), key, name)
    models = StockModels(
        whisper=require(weights, f"whisper-{options.stt}"),
        piper=require(weights, "piper-joe"),
        voice="en_US-joe-medium",
        llm_url=f"{llm.listening_address}/v1",
        llm_key=key,
        llm_name=name,
    )
    asyncio.run(serve(create_app(models), options.port, options.ready_file))


if __name__ == "__main__":
    main()
