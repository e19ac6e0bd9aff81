"""Pictures from plain arrays: they know no noun of the package, so that every noun may draw itself with them."""
