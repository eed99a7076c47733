"""Results for people: tables, figures and the report; nothing here computes one.

Import the modules: matplotlib, rich and jinja2 are loaded only by the functions that need them.
"""
