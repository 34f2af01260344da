"""Running claimed jobs: on the event loop, in threads, in processes; writing how they ended."""
