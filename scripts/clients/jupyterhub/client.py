"""JupyterHub with oauthenticator, which takes no logout tokens: it asks userinfo again after auth_refresh_age."""
import secrets

from clients.client import Client
from clients.processes import free_port


class JupyterHub(Client):
    KEY = "jupyterhub"
    NAME = "JupyterHub with oauthenticator"
    REDIRECT_PATH = "/hub/oauth_callback"
    POST_LOGOUT_PATH = "/hub/login"
    SWITCH = "by its sign-in link with prompt=select_account"
    ROLES = "by userinfo (auth_refresh_age of 1 s),"
    END = "userinfo and refresh (auth_refresh_age of 1 s)"
    SENDS_HINT = HAS_SESSIONS = False
    SECONDS = 4

    def install(self):
        self.install_npm()
        hub = self.install_pip().split()[1]
        oauthenticator = (self.source() / "requirements.txt").read_text().splitlines()[1].split("==")[1]
        self.version = f"{hub}, oauthenticator {oauthenticator}"

    def start(self, issuer):
        environment = self.environment(issuer) | {
            "FOLDER": str(self.folder), "PORT": str(self.port), "HUB_PORT": str(free_port()), "PROXY_PORT": str(free_port()),
            "PROXY": str(self.cache / "node_modules/.bin/configurable-http-proxy"), "TEMPLATES": str(self.source()),
            "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32), "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(32),
        }
        command = [self.cache / "venv/bin/python", "-B", "-m", "jupyterhub", "-f", self.source() / "jupyterhub_config.py"]
        process = self.start_process("hub", command, environment)
        self.processes.wait_until_answers(process, f"{self.url}/hub/login")

    def open(self, browser):
        browser.open(f"{self.url}/hub/home")

    def start_sign_in(self, browser):
        self.open(browser)
        browser.click("a[href*='oauth_login']")

    def start_switch(self, browser):
        browser.open(f"{self.url}/hub/oauth_login?next=%2Fhub%2Fhome")

    def sign_out(self, browser):
        self.open(browser)
        browser.click("#logout")
        browser.click("main form button")
