"""Chromium by WebDriver (https://www.w3.org/TR/webdriver2/)."""
import http.client
import json
import os
import urllib.error
import urllib.request

from clients.processes import Failure, free_port, wait_for

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMEDRIVER = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def call(url, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["value"]


class Driver:
    """chromedriver."""

    def __init__(self, processes):
        for path in (CHROMIUM, CHROMEDRIVER):
            if not os.path.exists(path):
                raise Failure(f"{path} is missing; install Debian's packages chromium and chromium-driver")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        profiles = processes.folder / "chromium"
        profiles.mkdir()
        process = processes.start("chromedriver", [CHROMEDRIVER, f"--port={port}"], {"TMPDIR": str(profiles)})
        processes.wait_until_answers(process, f"{self.url}/status")

    def start_browser(self):
        """A browser with an empty profile."""
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--window-size=1280,900"]
        options = {"binary": CHROMIUM, "args": arguments}
        session = call(f"{self.url}/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        return Browser(f"{self.url}/session/{session['sessionId']}")


class Browser:
    """One window."""

    def __init__(self, url):
        self.url = url

    def quit(self):
        call(self.url, method="DELETE")

    def script(self, text, *arguments):
        return call(f"{self.url}/execute/sync", {"script": text, "args": list(arguments)})

    def address(self):
        return call(f"{self.url}/url")

    def open(self, url):
        call(f"{self.url}/url", {"url": url})

    def text(self):
        """The visible text. A page that is being replaced has none."""
        try:
            return self.script("return document.body ? document.body.innerText : ''")
        except urllib.error.HTTPError:
            return ""

    def describe(self):
        """Address and text of the page, shortened, for messages."""
        return f"{self.address()[:120]} {self.text()[:200]!r}"

    def find_now(self, selector):
        """The first shown element, or None."""
        try:
            found = call(f"{self.url}/elements", {"using": "css selector", "value": selector})
            return next((element[ELEMENT] for element in found if call(f"{self.url}/element/{element[ELEMENT]}/displayed")), None)
        except urllib.error.HTTPError:
            return None

    def find(self, selector):
        return wait_for(lambda: f"{selector} is not on {self.describe()}", lambda: self.find_now(selector))

    def type(self, selector, text):
        element = self.find(selector)
        call(f"{self.url}/element/{element}/clear", {})
        call(f"{self.url}/element/{element}/value", {"text": text})

    def click(self, selector):
        """Clicks, and waits until another page is complete."""
        element = self.find(selector)
        self.script("window.isBefore = true")
        call(f"{self.url}/element/{element}/click", {})

        def loaded():
            try:
                return self.script("return !window.isBefore && document.readyState === 'complete'")
            except (urllib.error.HTTPError, http.client.HTTPException):
                return False
        wait_for(lambda: f"no page follows a click on {selector} of {self.describe()}", loaded)
