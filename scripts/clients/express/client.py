"""express-openid-connect with the hooks of docs/products/web-app.md."""
import shutil

from clients.client import Client


class Express(Client):
    KEY = "express"
    NAME = "express-openid-connect"
    POST_LOGOUT_PATH = ""
    BACKCHANNEL_PATH = "/backchannel-logout"
    SETTINGS = "claims_in_id_token = true"
    ROLES = "by userinfo,"

    def install(self):
        self.version = self.install_npm().split()[1]

    def start(self, issuer):
        shutil.copy(self.source() / "app.mjs", self.cache)
        environment = self.environment(issuer) | {"PORT": str(self.port)}
        process = self.start_process("app", ["node", self.cache / "app.mjs"], environment)
        self.processes.wait_until_answers(process, f"{self.url}/")

    def open_roles(self, browser):
        browser.open(f"{self.url}/userinfo")

    def sign_out(self, browser):
        self.open(browser)
        browser.click("a[href='logout']")
