"""Call control: what ties a call's legs, its media, its document and its record together."""
