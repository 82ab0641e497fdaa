"""What pip is configured to do, and the same for uv, which reads neither pip's files nor its variables."""

import ast
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]

UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX",),
    "extra-index-url": ("UV_INDEX",),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "proxy": ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
    "retries": ("UV_HTTP_RETRIES",),
}
_PATHS = ("cert", "client-cert")
_SAME = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
"""Older names of uv's variables."""


def pip_settings() -> dict[str, str]:
    """What pip is configured to do here, by its files and by variables."""
    listed = subprocess.run([*PIP, "config", "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    configured: dict[str, str] = {}
    for origin in ("global", "install", ":env:"):  # the later ones win
        lines = re.findall(rf"^{origin}\.([\w-]+)=(['\"].*)$", listed, flags=re.MULTILINE)
        configured |= {name: text for name, value in lines if (text := str(ast.literal_eval(value)).strip())}
    return configured


def uv_variables(configured: dict[str, str]) -> dict[str, str]:
    """uv's environment variables for what pip is configured to do; those that are set already stay.

    As pip does, uv then takes a package from whichever index has the locked file, whose hash decides, and
    trusts the system's certificates.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    variables |= {"SSL_CERT_FILE": bundle} if bundle else {}
    variables |= {"UV_SYSTEM_CERTS": "true"} if _has_certificates() else {}
    variables |= {} if _can_cache() else {"UV_NO_CACHE": "true"}
    for name in UV_VARIABLES.keys() & configured:
        variables |= dict.fromkeys(UV_VARIABLES[name], _value_for_uv(name, configured[name]))
    return {name: value for name, value in variables.items() if _may_be_set(name)}


def _value_for_uv(name: str, value: str) -> str:
    if "timeout" in name:
        return str(round(float(value)))
    words = [os.path.expanduser(word) if name in _PATHS else word for word in value.split()]  # noqa: PTH111
    return ("," if name == "find-links" else " ").join(words)


def _may_be_set(name: str) -> bool:
    """Whether the user has said nothing else to uv; pip, too, prefers its own proxy to that of variables."""
    return name in UV_VARIABLES["proxy"] or not {name, _SAME.get(name, name)} & os.environ.keys()


def _has_certificates() -> bool:
    """Whether the system has some; uv brings its own for where it has none."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    return sys.platform == "darwin" or bool(paths.cafile or (folder and any(folder.iterdir())))


def _can_cache() -> bool:
    """Whether uv's cache is ours to write to: not so without a home, or as root in the home of another."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "uv")  # noqa: PTH111
    nearest = next(each for each in (cache, *cache.parents) if each.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK) and nearest.stat().st_uid == os.geteuid()


def forbids_indexes(configured: dict[str, str]) -> bool:
    """Whether packages come from folders and pages only, for which uv has no variable."""
    return configured.get("no-index", "").lower() in ("1", "true", "yes", "on", "y", "t")
