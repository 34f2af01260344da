"""Cron: crontab text to items, items to due minutes, due minutes to jobs."""

from kongtask.cron.crontab import parse_crontab, render_crontab
from kongtask.cron.items import CronItem, JobKeyMode, cron_item
from kongtask.cron.pattern import Digest, Pattern

__all__ = [
    "CronItem",
    "Digest",
    "JobKeyMode",
    "Pattern",
    "cron_item",
    "parse_crontab",
    "render_crontab",
]
