"""The pages of the web: what is remembered, seen, searched, questioned and corrected in a browser.

A page is a synchronous view that calls operations, as every surface does, and names a template with what came of them; it
runs no SQL and holds no rule, so that whatever a page shows or changes the command line, MCP and the API show and change
too. Everything works without scripts but the drawings; scripts make it quicker. Nothing is asked of any other origin.
"""
