"""mod_auth_openidc in Apache, as docs/products/apache.md sets it up."""
import os

from clients.client import Client, Site, quote
from clients.debian import find_packages, library_path


class Apache(Client):
    KEY = "apache"
    NAME = "mod_auth_openidc (Apache)"
    ON_ROLE_CHANGE = "end"
    REDIRECT_PATH = "/oidc/callback"
    BACKCHANNEL_PATH = "/oidc/callback?logout=backchannel"
    SWITCH = "auth_request_params of the module, prompt=select_account"

    def install(self):
        self.root, version = find_packages(self.cache, ["apache2-bin", "libapache2-mod-auth-openidc"])
        self.version = f"{version} (Debian)"

    def start(self, issuer):
        self.issuer = issuer
        self.site = Site("OIDC_CLAIM_", f"<a id=out href='/oidc/callback?logout={quote(self.url + '/')}'>Sign out</a>")
        (self.folder / "passphrase").write_text(self.secret)
        values = {
            "FOLDER": self.folder, "MODULES": self.root / "usr/lib/apache2/modules", "PORT": self.port, "BASE_URL": self.url,
            "ISSUER": issuer, "CLIENT_SECRET": self.secret, "SITE": self.site.address,
            "USER": "User nobody\nGroup nogroup" if os.getuid() == 0 else "",
        }
        text = (self.source() / "apache.conf").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        (self.folder / "apache.conf").write_text(text)
        command = [self.root / "usr/sbin/apache2", "-f", self.folder / "apache.conf", "-D", "FOREGROUND"]
        process = self.start_process("server", command, library_path(self.root))
        self.processes.wait_until_answers(process, f"{self.url}/oidc/callback")

    def start_sign_in(self, browser):
        self.open(browser)

    def start_switch(self, browser):
        browser.open(f"{self.url}/oidc/callback?iss={quote(self.issuer)}&target_link_uri={quote(self.url + '/')}"
                     "&auth_request_params=prompt%3Dselect_account")

    def sign_out(self, browser):
        self.open(browser)
        browser.click("#out")
