"""``_config.yml`` completed with what only the environment knows: the repository's address."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"
HOSTED = "hosted"
"""The branch on which the staged copy lies for Colab, whose notebooks install the package (see deploy.yml)."""


def repository(environ: Mapping[str, str] = os.environ) -> str | None:
    """The address of the repository's page, without a slash at its end; None when the environment gives none.

    ``ARTLIB_REPOSITORY`` is a whole address; ``GITHUB_REPOSITORY`` ("owner/name") is what workflows set.
    """
    named = environ.get("ARTLIB_REPOSITORY")
    if named:
        return named.rstrip("/")
    if environ.get("GITHUB_REPOSITORY"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ['GITHUB_REPOSITORY']}"
    return None


def complete(path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The text of ``_config.yml``, with launch and edit buttons where an address is known."""
    text = path.read_text(encoding="utf-8")
    address = repository(environ)
    if address is None:
        return text
    settings = yaml.safe_load(text)
    settings["repository"] = {"url": address, "branch": environ.get("ARTLIB_BRANCH", "main"), "path_to_book": ""}
    settings["launch_buttons"] = {"notebook_interface": "jupyterlab", "binderhub_url": BINDER, "colab_url": COLAB}
    buttons = {"use_repository_button": True, "use_edit_page_button": True, "use_issues_button": True}
    settings.setdefault("html", {}).update(buttons)
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
