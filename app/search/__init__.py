"""Search within one citizen or the directory. The registry is the one table from which all else follows."""
