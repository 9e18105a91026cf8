"""The address that a service takes at its start, and from when on it takes connections there."""

import socket

import pytest

from bot.http.server import listen
from bot.startup_error import StartError
from tests.processes import free_port


def connects(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_a_service_that_is_alone_has_people_wait_until_it_runs() -> None:
    port = free_port()
    with listen("127.0.0.1", port):
        assert connects(port)


def test_one_of_several_refuses_them_until_it_runs_so_that_another_is_asked() -> None:
    port = free_port()
    with listen("127.0.0.1", port, accepting=False) as bound:
        assert not connects(port)
        bound.listen()
        assert connects(port)


@pytest.mark.parametrize("accepting", [True, False])
def test_an_address_that_is_taken_is_told_at_once(*, accepting: bool) -> None:
    port = free_port()
    with listen("127.0.0.1", port), pytest.raises(StartError, match=str(port)):
        listen("127.0.0.1", port, accepting=accepting)
