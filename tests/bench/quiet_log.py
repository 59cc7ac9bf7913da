"""Warnings and worse only, on standard error, so that standard output is the report's."""

import logging
import sys

import structlog


def quiet_log() -> None:
    """Set it so for this process."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
