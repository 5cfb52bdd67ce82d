"""What an assessment needs and leaves behind: stored state, verdicts, commands, sweeps, progress."""
