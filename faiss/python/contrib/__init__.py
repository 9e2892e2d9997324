"""Tools around the library: data sets, evaluation, exact searches of large sets, servers."""
