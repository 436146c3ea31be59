"""CSV tables whose rows are only added: from text to cells, each judged by itself."""
