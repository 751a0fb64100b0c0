"""artlib: the models, loaders and measurements behind the book.

The package is a house of floors; a module imports only from floors below its own.
Importing ``artlib`` itself is cheap: every module is loaded on first use.
"""

import importlib
import pkgutil

__version__ = "0.1.0"

_MODULES = {module.name for module in pkgutil.iter_modules(__path__)} - {"__main__"}


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(f"artlib.{name}")
    raise AttributeError(f"module 'artlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
