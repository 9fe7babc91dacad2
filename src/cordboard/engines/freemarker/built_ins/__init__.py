"""Built-ins (`value?name`), by what they are for."""
