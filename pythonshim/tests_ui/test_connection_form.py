"""The form of a connection to an engine, and what its test says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import trustme
from conftest import Engine
from connections_page import ConnectionsPage
from playwright.sync_api import Page, expect

Keep = Callable[[str], None]

#: What a connection is given in place of what is right, and what its test then says.
FAULTS = {
    "wrong-ca": (
        {"ca": trustme.CA().cert_pem.bytes().decode()},
        "the CA certificate that was given did not sign the certificate of the engine at {address}; "
        "give that engine's own ca.pem",
    ),
    "no-client-certificate": (
        {"cert": "", "key": ""},
        "the engine at {address} wants a client certificate and none was given; "
        "give tls_client_cert and tls_client_key",
    ),
    "no-key": (
        {"key": ""},
        "a client certificate and its key go together, and only one of the two is given",
    ),
}


@pytest.fixture
def connections(page: Page) -> ConnectionsPage:
    return ConnectionsPage(page)


def materials(engine: Engine, shape: str) -> dict[str, str]:
    """Return what the form wants for the engine, its certificates as paths or as PEM text."""
    paths = {"ca": engine.ca, "cert": engine.cert, "key": engine.key}
    given = {name: path.read_text() if shape == "text" else str(path) for name, path in paths.items()}
    return {"host": engine.host, "port": engine.port, **given}


def answers(engine: Engine) -> re.Pattern[str]:
    address = re.escape(f"tcp://{engine.host}:{engine.port}")
    return re.compile(rf"Successful.*Docker Engine \d+\.\d+\S* \(API 1\.\d+\) answers at {address}\.")


def test_the_form_asks_for_what_an_engine_needs(connections: ConnectionsPage, keep: Keep) -> None:
    connections.new("form")
    form = connections.form
    expect(form.get_by_label("Engine", exact=True)).to_have_attribute("placeholder", "docker")
    expect(form.get_by_label("Port")).to_have_attribute("placeholder", "2376")
    expect(form.get_by_label("Client key", exact=True)).to_have_attribute("type", "password")
    for absent in ("Login", "Schema"):
        expect(form.get_by_label(absent)).to_have_count(0)
    keep("connection-form-standard-fields")
    connections.unfold()
    expect(form.get_by_role("checkbox", name="TLS")).to_be_checked()
    for label in ("CA certificate", "Client certificate", "Name in the engine's certificate"):
        expect(connections.field(label)).to_be_editable()
    expect(form.get_by_label("API timeout in seconds")).to_be_editable()
    keep("connection-form-fields-of-an-engine")


@pytest.mark.parametrize("shape", ["paths", "text"])
def test_the_test_says_the_version_of_an_engine_that_answers(
    connections: ConnectionsPage, engine: Engine, keep: Keep, shape: str
) -> None:
    connection = f"good-{shape}"
    connections.new(connection)
    connections.fill(**materials(engine, shape))
    keep(f"connection-form-filled-with-{shape}")
    connections.save()
    expect(connections.test(connection)).to_have_text(answers(engine))
    keep(f"connection-test-good-{shape}")


@pytest.mark.parametrize("fault", FAULTS)
def test_the_test_says_what_is_wrong(
    connections: ConnectionsPage, engine: Engine, keep: Keep, fault: str
) -> None:
    change, sentence = FAULTS[fault]
    connections.new(fault)
    connections.fill(**materials(engine, "paths") | change)
    connections.save()
    notice = connections.test(fault)
    said = sentence.format(address=f"tcp://{engine.host}:{engine.port}")
    expect(notice).to_have_text(f"Test Connection Failed{said}")
    keep(f"connection-test-{fault}")


def test_a_saved_key_is_not_shown_and_survives_an_edit(
    connections: ConnectionsPage, engine: Engine, page: Page, keep: Keep
) -> None:
    connections.new("edited")
    connections.fill(**materials(engine, "text"))
    connections.save()
    page.reload()
    connections.edit("edited")
    key = connections.form.get_by_label("Client key", exact=True)
    expect(key).to_have_value("***")
    connections.form.get_by_role("button", name="Show value").click()
    expect(key).to_have_attribute("type", "text")
    expect(key).to_have_value("***")
    for line in engine.key.read_text().splitlines():
        assert line not in page.content()
    keep("connection-form-saved-key-is-hidden")
    connections.form.get_by_label("Description").fill("edited")
    connections.save()
    expect(connections.test("edited")).to_have_text(answers(engine))
