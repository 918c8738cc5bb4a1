"""A server for the tests of its end: `python -m tests.protocol.drain_program MODE DRAIN_MS`.

Prints its address. MODE says how its calls behave when they must end: `polite` ones end at the
farewell, `deaf` ones only by cancellation, `stuck` ones not even then.
"""

import asyncio
import sys

from agent.settings.tree import Server, Tree
from telephony.drain import Drain
from telephony.server import create_app, serve


async def main(mode: str, drain_ms: int) -> None:
    drain = Drain(drain_ms, farewell_ms=600, cancel_ms=300)

    async def answer(call):
        receiving = asyncio.create_task(call.transport._client._websocket.receive())
        try:
            while True:
                try:
                    if mode == "polite":
                        farewell = asyncio.create_task(drain.farewell.wait())
                        await asyncio.wait({farewell, receiving}, return_when=asyncio.FIRST_COMPLETED)
                        return "agent" if farewell.done() else "caller"
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    if mode != "stuck":
                        raise
        finally:
            receiving.cancel()

    async def document(call_id, token):
        return None

    app = create_app(
        Tree(server=Server(port=0)),
        answer=answer,
        business_for=lambda called: None,
        businesses=("shop",),
        busy_audio=lambda business: b"\xff" * 800,
        busy_text=lambda business: "Busy.",
        call_document=document,
        ready=lambda: None,
        drain=drain,
    )
    await serve(app, Tree(server=Server(port=0)), lambda url: print(url, flush=True))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
