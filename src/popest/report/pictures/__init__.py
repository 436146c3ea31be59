"""The pictures of a report: SVG inside the page."""
