"""A client for a real language server over stdio: enough of the protocol to open a file as an editor does.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEADLINE_SECONDS = 30
# Any: JSON-RPC messages are nested data of no fixed shape.
Message = dict[str, Any]


@dataclass
class LanguageServer:
    """A running server and the diagnostics that it has published."""

    process: asyncio.subprocess.Process
    settings: Mapping[str, Any]
    diagnostics: dict[str, asyncio.Queue[list[Message]]] = field(default_factory=dict)
    _waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _last_id: int = 0

    async def request(self, method: str, params: Message) -> Any:  # noqa: ANN401  # whatever the server answers
        """Ask and wait for the answer; raises TimeoutError."""
        self._last_id += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._last_id] = future
        self._send({"id": self._last_id, "method": method, "params": params})
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await future

    def notify(self, method: str, params: Message) -> None:
        """Tell without an answer."""
        self._send({"method": method, "params": params})

    async def open(self, path: Path, text: str) -> list[Message]:
        """Open a document and wait for its diagnostics."""
        uri = path.as_uri()
        self.diagnostics[uri] = asyncio.Queue()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.diagnostics[uri].get()

    async def complete(self, path: Path, line: int, character: int) -> list[Message]:
        """What the editor would offer at a place, 0-based as in the protocol."""
        position = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}
        answer = await self.request("textDocument/completion", position)
        items: list[Message] = answer["items"] if isinstance(answer, dict) else answer
        return items

    async def hover(self, path: Path, line: int, character: int) -> str:
        """What the editor would show at a place."""
        position = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}
        answer = await self.request("textDocument/hover", position)
        return json.dumps(answer, ensure_ascii=False)

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def listen(self) -> None:
        """Read until the server closes its side."""
        assert self.process.stdout is not None
        try:
            while True:
                head = await self.process.stdout.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                self._receive(json.loads(await self.process.stdout.readexactly(length)))
        except asyncio.IncompleteReadError:
            return

    def _receive(self, message: Message) -> None:
        method = message.get("method")
        if method == "workspace/configuration":
            asked = [self.settings.get(item.get("section", ""), None) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": asked})
        elif method == "textDocument/publishDiagnostics":
            params = message["params"]
            if params["uri"] in self.diagnostics:
                self.diagnostics[params["uri"]].put_nowait(params["diagnostics"])
        elif method is not None and "id" in message:
            self._send({"id": message["id"], "result": None})
        elif method is None and (future := self._waiting.pop(message.get("id", 0), None)):
            future.set_result(message.get("result"))


@asynccontextmanager
async def language_server(program: str, folder: Path, settings: Mapping[str, Any]) -> AsyncIterator[LanguageServer]:
    """A server that is started on a folder and stopped afterwards."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        program, "--stdio", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    server = LanguageServer(process, settings)
    listening = asyncio.create_task(server.listen())
    try:
        capabilities = {"workspace": {"configuration": True}, "textDocument": {"completion": {}, "hover": {}}}
        root = {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities}
        await server.request("initialize", root)
        server.notify("initialized", {})
        server.notify("workspace/didChangeConfiguration", {"settings": dict(settings)})
        yield server
        await server.request("shutdown", {})
        server.notify("exit", {})
        async with asyncio.timeout(DEADLINE_SECONDS):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await listening
