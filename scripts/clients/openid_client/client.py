"""openid-client with refresh tokens, as docs/products/roles.md describes them."""
import shutil

from clients.client import Client


class OpenidClient(Client):
    KEY = "openid_client"
    NAME = "openid-client"
    ALG = "ES256"
    BACKCHANNEL_PATH = "/backchannel-logout"
    ROLES = "by refresh token,"

    def install(self):
        self.version = self.install_npm().split()[1]

    def start(self, issuer):
        shutil.copy(self.source() / "app.mjs", self.cache)
        environment = self.environment(issuer) | {"PORT": str(self.port)}
        process = self.start_process("app", ["node", self.cache / "app.mjs"], environment)
        self.processes.wait_until_answers(process, f"{self.url}/")

    def open_roles(self, browser):
        browser.open(f"{self.url}/refresh")
