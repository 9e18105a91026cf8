"""A real nginx with the configuration that docs/wechat.md gives, in a folder of its own."""

import asyncio
import datetime as dt
import re
import ssl
from collections.abc import AsyncIterator
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
HOST = "youshu.example.com"
"""As the guide has it."""

_MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
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
    program = require("nginx")
    port = free_port()
    certificate, key = _certificate(folder)
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/youshu.pem": str(certificate),
        "/etc/ssl/youshu.key": str(key),
        "http://127.0.0.1:8080": f"http://127.0.0.1:{upstream}",
    }
    server = guided()
    for told, here in changes.items():
        assert told in server, told
        server = server.replace(told, here)
    configuration = folder / "nginx.conf"
    configuration.write_text(_MAIN.format(folder=folder, server=server), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        program, "-p", str(folder), "-e", "stderr", "-c", str(configuration), stderr=asyncio.subprocess.PIPE
    )
    try:
        await _listening(process, port)
        trust = ssl.create_default_context(cafile=str(certificate))
        trust.check_hostname = False
        yield Nginx(port, trust)
    finally:
        if process.returncode is None:
            process.terminate()
        _, errors = await process.communicate()
        assert b"[emerg]" not in errors, errors.decode()


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
