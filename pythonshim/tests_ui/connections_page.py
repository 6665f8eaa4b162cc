"""The page of Airflow's connections, as its user sees it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class ConnectionsPage:
    """Airflow has the test of a connection on its row in the list, and none in the form."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.form = page.get_by_role("dialog")
        page.goto("/connections")

    def new(self, connection: str) -> None:
        """Open the form of a new connection of our type."""
        self._page.get_by_role("button", name="Add Connection").click()
        self.form.get_by_label("Connection ID").fill(connection)
        self.form.get_by_role("combobox", name="Connection Type").fill("airdock")
        self.form.get_by_role("option", name="Docker Engine (Airdock)", exact=True).click()

    def unfold(self) -> None:
        """Show the fields that are only of our type; Airflow folds the others meanwhile."""
        self.form.get_by_role("button", name="Extra Fields", exact=True).click()

    def field(self, label: str) -> Locator:
        """Return a field of our type. Airflow names it by a label that belongs to no element."""
        return self.form.get_by_role("group").filter(has_text=label).get_by_role("textbox")

    def fill(self, *, host: str, port: str, key: str = "", ca: str = "", cert: str = "") -> None:
        self.form.get_by_label("Engine", exact=True).fill(host)
        self.form.get_by_label("Port").fill(port)
        self.form.get_by_label("Client key", exact=True).fill(key)
        self.unfold()
        self.field("CA certificate").fill(ca)
        self.field("Client certificate").fill(cert)

    def save(self) -> None:
        self.form.get_by_role("button", name="Save").click()
        expect(self.form).to_be_hidden()

    def edit(self, connection: str) -> None:
        self._row(connection).get_by_role("button", name="Edit Connection").click()
        expect(self.form.get_by_label("Engine", exact=True)).to_be_visible()

    def test(self, connection: str) -> Locator:
        """Press the button that tests a connection, and return the notice that is to say the result."""
        self._row(connection).get_by_role("button", name="Test Connection").click()
        return self._page.get_by_role("status").filter(has_text="Test Connection")

    def _row(self, connection: str) -> Locator:
        cell = self._page.get_by_role("cell", name=connection, exact=True)
        return self._page.get_by_role("row").filter(has=cell)
