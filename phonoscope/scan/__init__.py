"""Where work runs: in worker processes on this machine, or on a Spark cluster."""
