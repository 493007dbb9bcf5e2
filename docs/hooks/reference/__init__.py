"""Pages, or parts of pages, that are made from the code: a module each, whose `page` gives Markdown."""
