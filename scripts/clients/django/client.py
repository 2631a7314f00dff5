"""mozilla-django-oidc, which takes no logout tokens: its SessionRefresh asks by prompt=none."""
from clients.client import Client


class Django(Client):
    KEY = "django"
    NAME = "mozilla-django-oidc"
    REDIRECT_PATH = "/oidc/callback/"
    ROLES = "by SessionRefresh (prompt=none, every second),"
    END = "SessionRefresh (prompt=none, every second)"
    SECONDS = 4

    def install(self):
        self.version = self.install_pip().split()[1]

    def start(self, issuer):
        environment = self.environment(issuer) | {"FOLDER": str(self.folder), "PORT": str(self.port)}
        command = [self.cache / "venv/bin/python", "-B", self.source() / "app.py"]
        process = self.start_process("app", command, environment)
        self.processes.wait_until_answers(process, f"{self.url}/")

    def start_sign_in(self, browser):
        self.open(browser)
        browser.click("a[href='/oidc/authenticate/']")

    def sign_out(self, browser):
        self.open(browser)
        browser.click("form button")
