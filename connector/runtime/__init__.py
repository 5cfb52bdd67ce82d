"""What runs inside a process: the task queue, the worker's tasks, maintenance, alerts and digests, logs, metrics."""
