"""A headless Chromium, for tests of the page."""
