"""One module per probe: which look, which parser, which fact; a look that failed is a reading as well."""
