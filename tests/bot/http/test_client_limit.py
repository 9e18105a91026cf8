"""Whom a client's address stands for."""

import pytest

from bot.http.client_limit import client_network


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::"),
        ("127.0.0.2", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("/run/youshu.sock", None),
    ],
)
def test_an_address_stands_for_whoever_has_it(host: str, network: str | None) -> None:
    assert client_network(host) == network
