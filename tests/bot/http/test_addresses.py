"""Whom a client's address stands for."""

import pytest

from bot.http.addresses import Crowds


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
        ("198.51.100.77", None),
        ("2001:db8:9::1", None),
        ("2001:db8:9::2", "2001:db8:9::"),
    ],
)
def test_an_address_stands_for_whoever_has_it(host: str, network: str | None) -> None:
    assert Crowds(["198.51.100.0/24", "2001:db8:9::1"]).client(host) == network
