"""From chapters to pages: execute, stage, render, check, serve.

- ``layout``: where everything lies, and which pages the book has;
- ``keys``: what a chapter's result depends on, as one hash;
- ``execute``: chapters through papermill, each result kept under its key;
- ``provenance``: what is known of a run, measured while it ran;
- ``stage``: the executed notebooks as pages: strip, figures, clean paths;
- ``config``: ``_config.yml`` completed with what only the environment knows;
- ``render``: Jupyter Book with warnings as errors, then the finishing of its HTML;
- ``extension``: the book's own part of Sphinx (bundled mathematics);
- ``finish``: what the theme leaves to be desired of its HTML, put right;
- ``check``: what a page must hold to, looked for in the rendered site;
- ``doctor``: the state of the machine in plain words;
- ``serve``: the site on this computer.
"""
