"""A panel as it is read and checked: many populations, and what is believed to be shared."""
