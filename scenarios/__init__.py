"""Studies: the only place where devices, controllers and learners meet; the command line.

`scenarios.catalog.configure` puts a configuration together, `scenarios.run.run` runs it, and
`scenarios.cli` is the command `spinboard`. Nothing is imported here, so that the command line
answers at once.
"""
