"""What every client has: a product in the catalogue, an address, an installation, processes, and steps in the browser."""
import html
import http.server
import json
import pathlib
import secrets
import shutil
import subprocess
import sys
import threading
import urllib.parse

from clients.processes import free_port

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs/products/samples"


class NotInstalled(Exception):
    """Why the client is not on this machine, and what to install."""


class Client:
    KEY = NAME = ""
    ALG = "RS256"
    ON_ROLE_CHANGE = "keep"
    REDIRECT_PATH = "/callback"
    POST_LOGOUT_PATH = "/"
    BACKCHANNEL_PATH = None
    # Further lines of [products.sign_in].
    SETTINGS = ""
    # For the table: how the account is switched, how new roles are read, and how the end of an access is noticed.
    SWITCH = "prompt=select_account"
    ROLES = ""
    END = "back-channel logout"
    SENDS_HINT = True
    # False if the client stores account and roles per user, not per session.
    HAS_SESSIONS = True
    # How long the end of an access, or new roles, may take.
    SECONDS = 2

    def __init__(self, cache, folder, processes):
        self.cache, self.processes = cache / self.KEY, processes
        self.folder = folder / self.KEY
        self.folder.mkdir(mode=0o755)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.secret = secrets.token_hex(32)
        self.version = "-"
        self.own = []
        self.site = None

    def product_key(self):
        return self.KEY.replace("_", "-")

    def role_keys(self):
        return [f"{self.KEY.upper()}_EDITOR", f"{self.KEY.upper()}_VIEWER"]

    def catalogue_entry(self):
        backchannel = f'backchannel_logout_uri = "{self.url}{self.BACKCHANNEL_PATH}"' if self.BACKCHANNEL_PATH else ""
        roles = "".join(f'[[products.roles]]\nkey = "{key}"\nname = "{key.lower()}"\ndescription = "A role."\n'
                        for key in self.role_keys())
        return f"""
[[products]]
key = "{self.product_key()}"
name = "{self.NAME}"
description = "A client."
url = "{self.url}/"
[products.sign_in]
redirect_uris = ["{self.url}{self.REDIRECT_PATH}"]
post_logout_redirect_uris = ["{self.url}{self.POST_LOGOUT_PATH}"]
secret = "{self.secret}"
alg = "{self.ALG}"
on_role_change = "{self.ON_ROLE_CHANGE}"
{backchannel}
{self.SETTINGS}
{roles}"""

    def environment(self, issuer):
        """The variables of the samples in docs/products/samples."""
        return {"ISSUER": issuer, "CLIENT_ID": self.product_key(), "CLIENT_SECRET": self.secret, "BASE_URL": self.url}

    def start_process(self, name, command, environment=None, cwd=None):
        self.own.append(self.processes.start(f"{self.KEY}-{name}", command, environment, cwd or self.folder))
        return self.own[-1]

    def stop(self):
        self.processes.stop(self.own)
        self.own = []
        if self.site:
            self.site.server.shutdown()
            self.site.server.server_close()
            self.site = None

    # Steps in the browser, for a page with links "login" and "login?prompt=select_account" and a form "logout".

    def open(self, browser):
        browser.open(f"{self.url}/")

    def open_roles(self, browser):
        self.open(browser)

    def start_sign_in(self, browser):
        self.open(browser)
        browser.click("a[href='login']")

    def start_switch(self, browser):
        self.open(browser)
        browser.click("a[href*='select_account']")

    def sign_out(self, browser):
        self.open(browser)
        browser.click("form[action$=logout] button")

    # Installations. Versions are pinned in package.json and requirements.txt.

    def source(self):
        return pathlib.Path(sys.modules[type(self).__module__].__file__).parent

    def install_npm(self):
        """Installs the packages of package.json beside the client's files, in the cache folder."""
        if not (shutil.which("node") and shutil.which("npm")):
            raise NotInstalled("install nodejs 20 or newer, and npm")
        manifest = self.source() / "package.json"
        self.install_once(manifest, ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"])
        package, version = next(iter(json.loads(manifest.read_text())["dependencies"].items()))
        return f"{package} {version}"

    def install_pip(self):
        requirements = self.source() / "requirements.txt"
        self.install_once(requirements, [self.cache / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check",
                                         "-r", "requirements.txt"], [sys.executable, "-m", "venv", self.cache / "venv"])
        return requirements.read_text().splitlines()[0].replace("==", " ")

    def install_once(self, pins, command, before=None):
        """Runs the commands in the cache folder unless they have succeeded there with the same file of versions."""
        done = self.cache / f"{pins.name}.installed"
        if done.exists() and done.read_text() == pins.read_text():
            return
        self.cache.mkdir(parents=True, exist_ok=True)
        done.unlink(missing_ok=True)
        shutil.copy(pins, self.cache)
        for step in filter(None, (before, command)):
            result = subprocess.run([str(part) for part in step], cwd=self.cache, capture_output=True, text=True)
            if result.returncode:
                words = " ".join((result.stderr or result.stdout).split())
                raise NotInstalled(f"{pathlib.Path(step[0]).name} failed: {words[-300:]}")
        shutil.copy(pins, done)


class Site:
    """The site behind Apache or nginx: a page with the headers that say who the user is."""

    def __init__(self, prefixes, links):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                rows = [f"<li>{name}: {html.escape(value)}" for name, value in self.headers.items() if name.startswith(prefixes)]
                page = f"<!doctype html><title>Site</title><ul>{''.join(rows)}</ul>{links}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def quote(text):
    return urllib.parse.quote(text, safe="")
