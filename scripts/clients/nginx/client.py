"""nginx and the sign-in service of docs/products/samples/nginx, both as they are there but for addresses and TLS."""
import os
import re
import shutil

from clients.client import SAMPLES, Client, Site
from clients.debian import find_packages, library_path
from clients.processes import free_port


class Nginx(Client):
    KEY = "nginx"
    NAME = "nginx with auth_request"
    ON_ROLE_CHANGE = "end"
    REDIRECT_PATH = "/auth/callback"
    BACKCHANNEL_PATH = "/auth/backchannel-logout"
    SWITCH = "/auth/switch with prompt=select_account"

    def install(self):
        packages = self.install_npm()
        self.root, version = find_packages(self.cache, ["nginx"])
        self.version = f"{version} (Debian), {packages}"

    def start(self, issuer):
        self.site = Site("X-", "<form method=post action=/auth/logout><button>Sign out</button></form>")
        shutil.copy(SAMPLES / "nginx/auth.mjs", self.cache)
        service = f"127.0.0.1:{free_port()}"
        environment = self.environment(issuer) | {"LISTEN": service}
        process = self.start_process("service", ["node", self.cache / "auth.mjs"], environment)
        self.processes.wait_until_answers(process, f"http://{service}/auth/check")
        server = re.sub(r"\n +ssl_.*", "", (SAMPLES / "nginx/nginx.conf").read_text())
        for old, new in (("listen 443 ssl", f"listen 127.0.0.1:{self.port}"), ("wiki.example.com", "localhost"),
                         ("127.0.0.1:9000", self.site.address), ("127.0.0.1:3001", service)):
            if old not in server:
                raise ValueError(f"{old} is not in the sample any more")
            server = server.replace(old, new)
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""{"user root;" if os.getuid() == 0 else ""}
daemon off;
pid {self.folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
access_log off;
{temporary}
{server}
}}
""")
        command = [self.root / "usr/sbin/nginx", "-e", "stderr", "-p", self.folder, "-c", self.folder / "nginx.conf"]
        process = self.start_process("server", command, library_path(self.root))
        self.processes.wait_until_answers(process, f"{self.url}/auth/none")

    def start_sign_in(self, browser):
        self.open(browser)

    def start_switch(self, browser):
        browser.open(f"{self.url}/auth/switch")
