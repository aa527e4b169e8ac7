"""Sessions without a browser: they speak the application's own protocol and load it as people do."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

__all__ = ["Session"]


class Session:
    """One session; each call returns the seconds until the server has sent all of the page."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.sliders: dict[str, Any] = {}
        self.state: dict[str, WidgetState] = {}

    @classmethod
    async def open(cls, address: str, query: str = "") -> tuple[Session, float]:
        start = time.perf_counter()
        url = address.replace("http", "ws", 1) + "/_stcore/stream"
        socket = await websockets.connect(url, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
        own = cls(socket)
        message = BackMsg()
        message.rerun_script.query_string = query
        await own._run(message)
        return own, time.perf_counter() - start

    async def slide(self, label: str, value: float) -> float:
        """Set a slider, as a browser would tell it."""
        start = time.perf_counter()
        name = self.sliders[label].id
        state = WidgetState(id=name)
        state.double_array_value.data.append(value)
        self.state[name] = state
        message = BackMsg()
        message.rerun_script.widget_states.CopyFrom(WidgetStates(widgets=list(self.state.values())))
        await self._run(message)
        return time.perf_counter() - start

    async def _run(self, message: BackMsg) -> None:
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(self.socket.recv(), 120))
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                if element.WhichOneof("type") == "slider":
                    self.sliders[element.slider.label] = element.slider
            elif kind == "script_finished":
                return

    async def close(self) -> None:
        await self.socket.close()
