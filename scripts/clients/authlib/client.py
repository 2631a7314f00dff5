"""Authlib with Flask: docs/products/samples/python as it is there."""
from clients.client import SAMPLES, Client


class Authlib(Client):
    KEY = "authlib"
    NAME = "Authlib (Flask)"
    ON_ROLE_CHANGE = "end"
    BACKCHANNEL_PATH = "/backchannel-logout"
    SETTINGS = "claims_in_id_token = true"

    def install(self):
        self.version = self.install_pip().split()[1]

    def start(self, issuer):
        command = [self.cache / "venv/bin/python", "-B", "-m", "flask", "--app", SAMPLES / "python/app.py", "run",
                   "--host", "127.0.0.1", "--port", self.port]
        process = self.start_process("app", command, self.environment(issuer))
        self.processes.wait_until_answers(process, f"{self.url}/")
