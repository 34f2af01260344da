"""Node and kongtask read the same crontab, and share one schedule."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import asdict

from kongtask.cron import CronEvent, CronScheduled, CronStarted, Pattern, Scheduler, parse_crontab
from kongtask.cron.pattern import digest, values_of
from kongtask.database.connection import Target, connect
from kongtask.errors import CrontabError
from tests.scheduling import FastClock, connecting

from .own import install
from .peer import Peer

#: Far enough in the future that no worker executes what is scheduled.
START = datetime(2040, 2, 28, 23, 54, 30, tzinfo=UTC)

#: A minute is half a second.
SPEED = 120

#: How many minutes with due items are run, and the last of them.
COUNT = 8
END = datetime(2040, 2, 29, 0, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

#: Minutes of every kind: each value of each field is among them, and every day of some months.
MINUTES = [
    digest(datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(hours=7, minutes=1))
    for n in range(1500)
]
DIGESTS = [asdict(minute) for minute in MINUTES]

FIELDS = [
    "* * * * *", "*/4 * */4 * *", "0 4 * * *", "*/7 */5 */10 */5 */3", "5,3,3 1-4,8 * * *",
    "0-59 0-23 1-31 1-12 0-6", "* * * * 7", "* * * * 0", "* * * * 5-7", "* * * * 0-7",
    "* * * * */7", "* * 13 * 5", "* * 1-31 * 5", "* * */1 * 5", "* * 13 * 0-6", "* * 13 * 0-7",
    "* * 31 2 *", "* * 1,15 */2 1-5", "*/100 * * * *", "*,5 * * * *", "*/15,3 * * * *",
    "01 002 * * *", "1,1 * * * *", "1-3,2-5 * * * *", "* * */31 * *", "* * */30 * *",
    "* * * */12 *",
]  # fmt: skip
WRONG_FIELDS = [
    "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 8",
    "1,,2 * * * *", ",1 * * * *", "1, * * * *", "5-5 * * * *", "5-3 * * * *", "0-0 * * * *",
    "*/0 * * * *", "1-5/2 * * * *", "-1 * * * *", "+1 * * * *", "1.5 * * * *", "1- * * * *",
    "1-2-3 * * * *", "*-5 * * * *", "5-* * * * *", "** * * * *", "*/ * * * *", "/5 * * * *",
    "*/5/5 * * * *", "0*/5 * * * *", "a * * * *", "* * * jan *", "* * * * mon", "@daily", "* * * *",
    "* * * * * *", "٣ * * * *", "0-60 * * * *", "* * * * 6-8", "7-60 * * * *",
]  # fmt: skip
COMMANDS = [
    "_t", "a:b", "t:", "T-1", "t ?id=x", "t ?id=x&fill=1d", "t ?id=a-b_c", "t ?fill=4w3d2h1m",
    "t ?fill=1m4w", "t ?fill=1m1m", "t ?fill=10s", "t ?fill=0s", "t ?max=3", "t ?max=03",
    "t ?queue=a-b_c:1", "t ?priority=-5", "t ?priority=5", "t ?jobKey=a%20b", "t ?jobKey=a+b",
    "t ?jobKey=x&jobKeyMode=preserve_run_at", "t ?jobKey=x&jobKeyMode=replace",
    "t ?jobKeyMode=replace", "t ?jobKey=ä", "t ?jobKey=%zz", "t ?jobKey=%ff", "t ?&id=x&",
    "t ?jobKey=a=b", "t ?%69d=x", "t ?jobKey=x#y", "t ?jobKey=%F0%9F%90%98", "t ?jobKey=a;b",
    "t {}", "t {a:1}", "t ?id=x {a:1}", "t   ?id=x   {a:1}  ", "t {a:1,b:'x',}", "t {_cron: 1}",
    "t {a:1} // c}", "t {/*c*/a:1}", "t {a:1,a:2}", "t {ü:2}", 't {a:"x\ty"}',
    "t {a:0xff,b:.5,c:5.,d:+1,e:-2e3}", "t {a:'\\x41\\u00e9\\n\\q'}", "t {a:[1,[2,{b:null}]]}",
    "t {$_: true, while: false}", "t {'a b': '\"'}", "t\u00a0{a:1}", "t {__proto__: 1}",
]  # fmt: skip
WRONG_COMMANDS = [
    "1t", "-t", "a.b", "tä", "*", "?id=x", "{}", "t?id=x", "t{a:1}", "t ?", "t ?id=x{a:1}",
    "t ?id=", "t ?id=1x", "t ?id=a:b", "t ?id=x&id=y", "t ?foo=1", "t ?ID=x", "t ??id=x",
    "t ?id=x#y", "t ?id=x;max=3", "t ?fill=", "t ?fill=1", "t ?fill=1y", "t ?fill=1H",
    "t ?fill=1.5h", "t ?fill=-1h", "t ?fill=1h%201m", "t ?max=-1", "t ?max=x", "t ?max=",
    "t ?max=1e3", "t ?max=٣", "t ?queue=a.b", "t ?queue=", "t ?queue=a%20b", "t ?priority=+5",
    "t ?priority=%2B5", "t ?priority=x", "t ?priority=-", "t ?priority=1.5",
    "t ?jobKeyMode=unsafe_dedupe", "t ?jobKeyMode=", "t ?id=x ?max=3", "t {a:1} ?id=x", "t []",
    "t 1", "t null", "t {a}", "t {a:1}}", "t {a:1} x", "t {a:1} // c", "t {a:undefined}", "t {1:2}",
    "t {a:01}", "t {a:'x' // }", "t // c", "t # c", "t ? id=x", "t ?jobKey=a\u00a0b",
    "t {a:[1,,2]}", "t {a:'\n'}",
]  # fmt: skip
WHOLE = [
    "", "\n", "# c", "   # c\r\n\r\n", "* * * * * a\n* * * * * b\r\n\r\n#x\n* * * * * c",
    "  * *\t*  * *   t  \r", "\u00a0* * * * * t", "\ufeff* * * * * t",
    "* * * * * a ?id=b\n* * * * * a",
]  # fmt: skip
WRONG_WHOLE = [
    "*", "* * * * *", "* * * * * a\n* * * * * a", "* * * * * a ?id=b\n* * * * * b",
    "* * * * * a\nx", "* * * * * a\n\n0 60 * * * b",
]  # fmt: skip
READ = [*(f"{text} t" for text in FIELDS), *(f"* * * * * {text}" for text in COMMANDS), *WHOLE]
REFUSED = [
    *(f"{text} t" for text in WRONG_FIELDS),
    *(f"* * * * * {text}" for text in WRONG_COMMANDS),
    *WRONG_WHOLE,
]

#: What Node reads and the database then refuses, or what it silently makes something else of.
#: kongtask refuses these at once.
STRICTER = [
    "t ?max=0", "t ?max=99999", "t ?priority=99999", "t ?priority=-99999", "t ?jobKey=",
    "t ?jobKey", "t ?jobKey=a%00b", "t ?queue=" + "q" * 129, "t ?jobKey=" + "k" * 513, "t" * 129,
    "t {a:NaN}", "t {a:Infinity}", "t {a:-Infinity}",
    "t {a:1e400}", r"t {a:'\ud800'}",
]  # fmt: skip


def as_node_says(crontab: str) -> list[dict[str, Any]] | None:
    """Read a crontab, and put it as Node's parseCrontab does."""
    try:
        items = parse_crontab(crontab)
    except CrontabError:
        return None
    said = []
    for item in items:
        options = {
            "backfillPeriod": item.backfill_period / timedelta(milliseconds=1),
            "maxAttempts": item.max_attempts,
            "queueName": item.queue_name,
            "jobKey": item.job_key,
            "jobKeyMode": item.job_key_mode,
            "priority": item.priority,
        }
        assert isinstance(item.match, Pattern)
        said.append(
            {
                "task": item.task_identifier,
                "identifier": item.identifier,
                "payload": item.payload,
                "options": {name: value for name, value in options.items() if value is not None},
                "matches": [
                    index for index, minute in enumerate(MINUTES) if item.match.matches(minute)
                ],
            }
        )
    return said


def test_both_read_the_same_from_a_crontab(node: Peer, database: Target) -> None:
    """Item by item, option by option, and minute by minute."""
    for crontab, theirs in zip(READ, node.parse_crontab(database, READ, DIGESTS), strict=True):
        assert theirs is not None, crontab
        assert as_node_says(crontab) == theirs, crontab


def test_both_refuse_the_same_crontabs(node: Peer, database: Target) -> None:
    theirs = node.parse_crontab(database, REFUSED, [])
    assert [text for text, items in zip(REFUSED, theirs, strict=True) if items is not None] == []
    assert [text for text in REFUSED if as_node_says(text) is not None] == []


def test_a_slash_in_a_task_identifier_came_with_revision_19(
    node: Peer, revision: int, database: Target
) -> None:
    """Graphile Worker 0.16 does not read it; kongtask does at every revision."""
    (theirs,) = node.parse_crontab(database, ["* * * * * a/b"], DIGESTS)
    assert theirs == (None if revision == 18 else as_node_says("* * * * * a/b"))


def test_what_kongtask_refuses_beyond_node(node: Peer, database: Target) -> None:
    """Each of these is documented in docs/reference/crontab.md."""
    crontabs = [f"* * * * * {text}" for text in STRICTER]
    theirs = node.parse_crontab(database, crontabs, [])
    assert [text for text, items in zip(STRICTER, theirs, strict=True) if items is None] == []
    assert [text for text in crontabs if as_node_says(text) is not None] == []


def test_steps_count_from_the_least_value_on_both_sides(node: Peer, database: Target) -> None:
    """Node's documentation says "divisible by"; its code counts from the field's least value."""
    days = [{"min": 0, "hour": 0, "date": date, "month": 1, "dow": 0} for date in range(1, 32)]
    ((item,),) = node.parse_crontab(database, ["* * */4 * * t"], days)
    assert [days[index]["date"] for index in item["matches"]] == [1, 5, 9, 13, 17, 21, 25, 29]
    (ours,) = parse_crontab("* * */4 * * t")
    assert isinstance(ours.match, Pattern)
    assert list(values_of(ours.match.dates)) == [1, 5, 9, 13, 17, 21, 25, 29]


CRONTAB = """\
* * * * * every ?fill=10m&max=3&queue=q&priority=-2 {to: 'ü', _cron: 'mine', list: [1, {a: .5}]}
*/2 * * * * even ?id=second&fill=4m
55 23 28 2 * keyed ?jobKey=k&jobKeyMode=preserve_run_at
0 0 29 * * leap ?jobKey=l&fill=1h {}
59 * * * 1 never
"""


def rows(target: Target) -> list[tuple[Any, ...]]:
    """Return everything about the jobs that does not depend on who ran them or when."""
    with connect(target) as connection:
        connection.execute("set search_path = graphile_worker")
        return connection.execute(
            "select run_at, identifier, payload::text, queue_name, max_attempts, key, priority, "
            "attempts, jobs.revision, flags from _private_jobs as jobs "
            "join _private_tasks as tasks on tasks.id = task_id "
            "left join _private_job_queues as queues on queues.id = job_queue_id "
            "order by run_at, jobs.id"
        ).fetchall()


def known_crontabs(target: Target) -> list[tuple[Any, ...]]:
    with connect(target) as connection:
        return connection.execute(
            "select identifier, least(last_execution, %s) "
            "from graphile_worker._private_known_crontabs order by identifier",
            [END],
        ).fetchall()


def pretend_a_past(target: Target) -> None:
    """Let the database know the schedules: two since long, one just now, one not at all."""
    with connect(target) as connection:
        for identifier, ago, last in (("every", 900, 6), ("second", 900, None), ("leap", 2, None)):
            connection.execute(
                "insert into graphile_worker._private_known_crontabs values (%s, %s, %s)",
                (
                    identifier,
                    START - ago * MINUTE,
                    None if last is None else START.replace(second=0) - last * MINUTE,
                ),
            )


async def schedule(target: Target, clock: FastClock, count: int) -> None:
    """Run the crontab with kongtask's scheduler until some minutes are dealt with.

    Like Node's events, the count leaves out what is made up for.
    """
    done = asyncio.Event()
    minutes = []

    def told(event: CronEvent) -> None:
        match event:
            case CronStarted():
                clock.go()
            case CronScheduled(backfilled=False):
                minutes.append(event.minute)
        if len(minutes) == count:
            done.set()

    scheduler = Scheduler(connecting(target), parse_crontab(CRONTAB), clock=clock, events=told)
    await scheduler.start()
    async with asyncio.timeout(120):
        await done.wait()
    await scheduler.stop()


def test_the_same_schedule_leaves_the_same_jobs(
    node: Peer, revision: int, new_database: Callable[[], Target]
) -> None:
    """Back-fill, order, payload, options and marks, with either of the two on its own."""
    left = []
    for is_ours in (False, True):
        target, clock = new_database(), FastClock(START, SPEED)
        install(target, revision)
        pretend_a_past(target)
        if is_ours:
            asyncio.run(schedule(target, clock, COUNT))
        else:
            node.cron(target, CRONTAB, clock=clock, count=COUNT)
        # A busy machine may come to another minute before it stops.
        jobs = [row for row in rows(target) if row[0] <= END]
        left.append((jobs, known_crontabs(target)))

    theirs, ours = left
    assert len([row for row in ours[0] if '"backfilled":true' in row[2]]) == 6 + 2
    assert [row[:2] for row in ours[0]] == [row[:2] for row in theirs[0]]
    assert ours == theirs


def test_both_at_once_schedule_each_minute_once(
    node: Peer, revision: int, database: Target
) -> None:
    """Side by side on one clock: nothing twice, nothing lost, whoever comes first."""
    install(database, revision)
    clock = FastClock(START, SPEED)
    clock.go()

    async def together() -> list[int]:
        scheduler = Scheduler(connecting(database), parse_crontab(CRONTAB), clock=clock)
        await scheduler.start()
        theirs = await asyncio.to_thread(node.cron, database, CRONTAB, clock=clock, count=COUNT)
        await scheduler.stop()
        return theirs

    theirs = asyncio.run(together())

    assert len(set(theirs)) == COUNT
    runs = [(identifier, run_at) for run_at, identifier, *_ in rows(database)]
    assert Counter(runs).most_common(1)[0][1] == 1
    for task, step in (("every", MINUTE), ("even", 2 * MINUTE)):
        minutes = [run_at for identifier, run_at in runs if identifier == task]
        assert minutes == [minutes[0] + n * step for n in range(len(minutes))]
    assert {minute / 1000 for minute in theirs} <= {run_at.timestamp() for _, run_at in runs}
