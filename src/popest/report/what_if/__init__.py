"""The what-if of a report: what the page carries, and the scripts that weigh it."""
