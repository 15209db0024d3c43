"""The product's version: what the page shows news by."""

VERSION = "0.1.0"
