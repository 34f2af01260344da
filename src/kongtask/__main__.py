"""Run the command line as ``python -m kongtask``."""

from kongtask.cli import kongtask

if __name__ == "__main__":
    kongtask()
