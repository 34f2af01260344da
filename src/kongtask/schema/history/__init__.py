"""What a schema was at each revision: its objects' lives, and who wrote each line of its export."""

from kongtask.schema.history.blame import BlamedBlock, blame, blames
from kongtask.schema.history.lives import Event, History, Life, Revision, make_history

__all__ = ["BlamedBlock", "Event", "History", "Life", "Revision", "blame", "blames", "make_history"]
