"""A real nginx in a folder of its own, with the configuration that docs/wechat.md gives, or that of deploy/ for several processes."""

import asyncio
import datetime as dt
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import free_port
from tests.requirements import require

GUIDE = Path(__file__).parent.parent / "docs" / "wechat.md"
SHIPPED = Path(__file__).parent.parent / "deploy" / "nginx" / "youshu.conf"
HOST = "youshu.example.com"
"""As the guide has it."""

_MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Where it listens, and whom to trust there."""

    port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        """Its address; the name of the guide is sent as Host."""
        return f"https://127.0.0.1:{self.port}"


def guided() -> str:
    """The guide's own configuration, word for word."""
    [block] = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return str(block)


@asynccontextmanager
async def nginx(folder: Path, upstream: int) -> AsyncIterator[Nginx]:
    """Nginx before a server on this port, with the guide's configuration but for ports and the certificate's place."""
    async with _running(folder, guided(), {"http://127.0.0.1:8080": f"http://127.0.0.1:{upstream}"}) as before:
        yield before


@asynccontextmanager
async def balancing(folder: Path, upstreams: Sequence[int]) -> AsyncIterator[Nginx]:
    """Nginx before servers on these three ports, with the configuration of deploy/ but for ports and the certificate's place."""
    ports = {f"youshu-{number}:8080": f"127.0.0.1:{port}" for number, port in enumerate(upstreams, 1)}
    async with _running(folder, SHIPPED.read_text("utf-8"), ports) as before:
        yield before


@asynccontextmanager
async def _running(folder: Path, server: str, changes: Mapping[str, str]) -> AsyncIterator[Nginx]:
    """Nginx with this configuration of a server, changed to what is here."""
    program = require("nginx")
    port = free_port()
    certificate, key = _certificate(folder)
    here = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/youshu.pem": str(certificate),
        "/etc/ssl/youshu.key": str(key),
        **changes,
    }
    for name, value in here.items():
        assert name in server, name
        server = server.replace(name, value)
    configuration = folder / "nginx.conf"
    configuration.write_text(_MAIN.format(folder=folder, server=server), encoding="utf-8")
    log = folder / "nginx.log"
    with log.open("wb") as errors:  # a pipe that nobody reads would hold nginx up
        process = await asyncio.create_subprocess_exec(
            program, "-p", str(folder), "-e", "stderr", "-c", str(configuration), stderr=errors
        )
    try:
        await _listening(process, port)
        trust = ssl.create_default_context(cafile=str(certificate))
        trust.check_hostname = False
        yield Nginx(port, trust)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        told = log.read_text("utf-8", "replace")
        assert "[emerg]" not in told, told


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for HOST, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "nginx.pem", folder / "nginx.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return certificate, secret
