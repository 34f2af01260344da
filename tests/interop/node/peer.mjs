// One published Graphile Worker, doing one thing to one schema.
//
//   node peer.mjs PACKAGE SCHEMA COMMAND <input.json >output.json
//
// PACKAGE is one of the aliases in package.json; KONGTASK_NODE_HOME is the folder where they are
// installed. The database comes from the PG* variables. A failure exits with 1, its SQLSTATE and
// message on stderr, never its context: an error's context quotes the text of functions.

import { EventEmitter, once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

// With KONGTASK_FAST_CLOCK, {origin, start, speed}, time is made up: at the real time origin it is
// start, in milliseconds since 1970 both, and from there it goes speed times as fast. Without an
// origin it stands still until startClock() is called. The package takes hold of Date and setTimeout
// as it is loaded, so they are replaced before.

let startClock = () => {};
if (process.env.KONGTASK_FAST_CLOCK) {
  let { origin, start, speed } = JSON.parse(process.env.KONGTASK_FAST_CLOCK);
  const RealDate = Date;
  const realSetTimeout = setTimeout;
  const now = () =>
    Math.floor(start + (origin === null ? 0 : (RealDate.now() - origin) * speed));
  startClock = () => {
    origin ??= RealDate.now();
  };
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }
    static now() {
      return now();
    }
  };
  globalThis.setTimeout = (callback, delay, ...given) =>
    realSetTimeout(callback, delay / speed, ...given);
}

const [packageName, schema, command] = process.argv.slice(2);
const require = createRequire(`${process.env.KONGTASK_NODE_HOME}/`);
const worker = require(packageName);
const { Pool } = require("pg");

const pgPool = new Pool({ max: 10 });
const options = { pgPool, schema, logger: new worker.Logger(() => () => {}), noHandleSignals: true };

// What runs on is told to end by the end of its input, of which only the first line says anything.
let lines;

const commands = {
  // Installs or upgrades the schema.
  async migrate() {
    await worker.runMigrations(options);
  },

  // Adds jobs one by one: [[identifier, payload, spec], ...] -> the jobs as Node sees them.
  async addJob(calls) {
    return withUtils(async (utils) => {
      const jobs = [];
      for (const [identifier, payload, spec] of calls) {
        jobs.push(await utils.addJob(identifier, payload, withDates(spec)));
      }
      return jobs;
    });
  },

  // Adds jobs in one batch: {specs, preserveRunAt} -> the jobs.
  async addJobs({ specs, preserveRunAt }) {
    return withUtils((utils) => utils.addJobs(specs.map(withDates), preserveRunAt));
  },

  // Frees what some workers hold: their ids.
  async forceUnlock(ids) {
    await withUtils((utils) => utils.forceUnlockWorkers(ids));
  },

  // Works until nothing is due: {tasks: {identifier: error message or null}} -> what was executed.
  // An error message for each entry, a list, makes a batch task.
  async runOnce({ tasks }) {
    const executed = [];
    const taskList = {};
    for (const [identifier, failure] of Object.entries(tasks)) {
      taskList[identifier] = async (payload, { job }) => {
        executed.push({ identifier, payload, queueId: job.job_queue_id, attempts: job.attempts });
        if (Array.isArray(failure)) {
          return payload.map((_, index) =>
            failure[index] === null ? null : Promise.reject(new Error(failure[index])),
          );
        }
        if (failure !== null) {
          throw new Error(failure);
        }
      };
    }
    await worker.runOnce({ ...options, taskList });
    return executed;
  },

  // Reads crontabs, one after the other: {crontabs, digests} -> for each its items, each with the
  // indexes of the digests that it matches, or null where it cannot be read.
  async parseCrontab({ crontabs, digests }) {
    return crontabs.map((crontab) => {
      let items;
      try {
        items = worker.parseCrontab(crontab);
      } catch {
        return null;
      }
      return items.map(({ match, ...item }) => ({
        ...item,
        matches: [...digests.keys()].filter((index) => match(digests[index])),
      }));
    });
  },

  // Runs a crontab until a number of minutes with due items is dealt with, without those that are
  // made up for: {crontab, count} -> these minutes.
  async cron({ crontab, count }) {
    const minutes = [];
    const events = new EventEmitter();
    events.on("cron:started", startClock);
    const done = new Promise((resolve) => {
      events.on("cron:scheduled", ({ timestamp }) => {
        minutes.push(timestamp);
        if (minutes.length === count) {
          resolve();
        }
      });
    });
    const taskList = { nothing() {} };
    const runner = await worker.run({ ...options, events, taskList, crontab });
    await done;
    await runner.stop();
    return minutes;
  },

  // Works until stdin ends: {identifiers, log, longest, seed, options}. Each job writes to the table
  // `log` when it begins and ends, and lasts up to `longest` milliseconds. Says "ready" when it
  // listens: `run` comes back before, and what was added between its first claim and then would
  // wait for the next poll.
  async run({ identifiers, log, longest, seed, options: given }) {
    const random = randomFrom(seed);
    const task = async (payload, { job, query, getQueueName }) => {
      const values = [job.job_queue_id === null ? null : await getQueueName(), payload];
      const insert = `insert into ${log} (queue, number, what, worker) values ($1, $2, $3, 'node')`;
      await query(insert, [...values, "begin"]);
      await new Promise((resolve) => setTimeout(resolve, random() * longest));
      await query(insert, [...values, "end"]);
    };
    const taskList = Object.fromEntries(identifiers.map((identifier) => [identifier, task]));
    const events = new EventEmitter();
    const listens = once(events, "pool:listen:success");
    const runner = await worker.run({ ...options, ...given, events, taskList });
    const [{ client }] = await listens;
    await client.query("select"); // comes behind LISTEN, which the event does not wait for
    process.stdout.write("ready\n");
    await once(lines, "close");
    await runner.stop();
  },
};

// The same numbers from the same seed.
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

async function firstLine() {
  lines = createInterface({ input: process.stdin });
  const [line] = await once(lines, "line");
  return line;
}

async function withUtils(callback) {
  const utils = await worker.makeWorkerUtils(options);
  try {
    return await callback(utils);
  } finally {
    await utils.release();
  }
}

function withDates(spec) {
  return spec?.runAt ? { ...spec, runAt: new Date(spec.runAt) } : spec;
}

try {
  const input = command === "run" ? await firstLine() : await text(process.stdin);
  const output = await commands[command](input === "" ? undefined : JSON.parse(input));
  process.stdout.write(JSON.stringify(output ?? null));
} catch (error) {
  process.stderr.write(`${error.code ?? error.name}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await pgPool.end();
}
