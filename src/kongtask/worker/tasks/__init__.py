"""What a task is: a function, its arguments, what it may use, and what follows when it fails."""
