"""Everything around a model of what a diamond is worth: data, training, versions, quotes, exchanges."""
