"""kongtask's schema beside the published Graphile Workers, which are the judges."""
