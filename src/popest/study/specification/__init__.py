"""What is assumed: ``study.toml``, its records, priors, rules and variants."""
