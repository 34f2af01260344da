"""Cron: crontab text to items, items to due minutes, due minutes to jobs."""

from kongtask.cron.clock import Clock, SystemClock
from kongtask.cron.crontab import parse_crontab, render_crontab
from kongtask.cron.events import (
    CronBackfill,
    CronEvent,
    CronFailed,
    CronMatchFailed,
    CronOverdueTimer,
    CronPrematureTimer,
    CronSchedule,
    CronScheduled,
    CronStarted,
    CronStarting,
    Events,
)
from kongtask.cron.items import CronItem, JobKeyMode, cron_item
from kongtask.cron.pattern import Digest, Pattern
from kongtask.cron.schedule import next_runs
from kongtask.cron.scheduler import Scheduler
from kongtask.cron.statements import Connect

__all__ = [
    "Clock",
    "Connect",
    "CronBackfill",
    "CronEvent",
    "CronFailed",
    "CronItem",
    "CronMatchFailed",
    "CronOverdueTimer",
    "CronPrematureTimer",
    "CronSchedule",
    "CronScheduled",
    "CronStarted",
    "CronStarting",
    "Digest",
    "Events",
    "JobKeyMode",
    "Pattern",
    "Scheduler",
    "SystemClock",
    "cron_item",
    "next_runs",
    "parse_crontab",
    "render_crontab",
]
