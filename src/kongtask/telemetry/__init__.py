"""What others may know of a worker: health, metrics and traces. Each module is imported when used.

Everything here listens to events and goes around jobs by middleware; a worker that nobody watches
pays nothing for it.
"""
