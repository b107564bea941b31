"""How Sphinx builds these pages; `make docs` runs it with warnings as errors."""

project = "Tallybook"
copyright = "The Tallybook authors"  # noqa: A001  # Sphinx reads it by this name
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Tallybook"
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
myst_heading_anchors = 3
