"""From chapters to pages: execute, stage, render, check, serve.

- ``layout``: where everything lies, and which pages the book has;
- ``jobs``: what to execute, with which parameters;
- ``keys``: what a chapter's result depends on, as one hash;
- ``execute``: chapters through papermill, each result kept under its key;
- ``redact_paths``: paths of this machine, taken out of the results;
- ``provenance``: what is known of a run, measured while it ran;
- ``stage``: the executed notebooks as pages: strip, figures, clean paths;
- ``config``: ``_config.yml`` completed with what only the environment knows;
- ``render``: Jupyter Book with warnings as errors;
- ``extension``: the book's own part of Sphinx (bundled mathematics);
- ``postprocess_html``: what the theme leaves to be desired of its HTML, put right;
- ``check``: what a page must hold to, looked for in the rendered site;
- ``doctor``: the state of the machine in plain words;
- ``build``: these steps one after the other, timed;
- ``serve``: the site on this computer.
"""
