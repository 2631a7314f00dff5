"""Debian's packages: as installed, or unpacked into the cache folder without being installed."""
import pathlib
import re
import shutil
import subprocess

from clients.client import NotInstalled


def find_packages(cache, names):
    """Returns the folder in which the packages are, "/" or one in the cache, and the version of the last one."""
    versions = [installed_version(name) for name in names]
    if all(versions):
        return pathlib.Path("/"), versions[-1]
    missing = NotInstalled(f"run apt-get install {' '.join(names)}")
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise missing
    archives, root = cache / "archives", cache / "root"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "install", "-qq", "--no-install-recommends", "--reinstall", "-o", f"Dir::Cache::archives={archives}",
               "-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User=root"]
    listed = subprocess.run([*command, "--print-uris", *names], capture_output=True, text=True)
    fetched = subprocess.run([*command, "--yes", "--download-only", *names], capture_output=True, text=True)
    files = re.findall(r"^'[^']*' (\S+\.deb) ", listed.stdout, re.MULTILINE) or [path.name for path in archives.glob("*.deb")]
    if listed.returncode or fetched.returncode or not files:
        raise missing
    shutil.rmtree(root, ignore_errors=True)
    for file in files:
        subprocess.run(["dpkg-deb", "--extract", archives / file, root], check=True)
    last = next(file for file in files if file.startswith(f"{names[-1]}_"))
    return root, last.split("_")[1].replace("%3a", ":")


def installed_version(name):
    result = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name], capture_output=True, text=True) \
        if shutil.which("dpkg-query") else None
    status, _, version = (result.stdout if result else "").partition(" ")
    return version if status == "installed" else None


def library_path(root):
    """The variable by which programs find their libraries in root."""
    folders = sorted(str(path) for path in (root / "usr/lib").glob("*-linux-gnu*")) if root != pathlib.Path("/") else []
    return {"LD_LIBRARY_PATH": ":".join(folders)} if folders else {}
