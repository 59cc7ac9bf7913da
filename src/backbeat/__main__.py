"""Run the command line as ``python -m backbeat``."""

from backbeat.cli.main import main

main()
