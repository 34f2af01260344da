"""What a pool does besides running jobs: freeing dead workers' locks, keeping its own."""
