// One published Graphile Worker, doing one thing to one schema.
//
//   node peer.mjs PACKAGE SCHEMA COMMAND <input.json >output.json
//
// PACKAGE is one of the aliases in package.json; KONGTASK_NODE_HOME is the folder where they are
// installed. The database comes from the PG* variables. A failure exits with 1, its SQLSTATE and
// message on stderr, never its context: an error's context quotes the text of functions.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const [packageName, schema, command] = process.argv.slice(2);
const require = createRequire(`${process.env.KONGTASK_NODE_HOME}/`);
const worker = require(packageName);
const { Pool } = require("pg");

const pgPool = new Pool({ max: 10 });
const options = { pgPool, schema, logger: new worker.Logger(() => () => {}), noHandleSignals: true };

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

  // Works until nothing is due: {tasks: {identifier: error message or null}} -> what was executed.
  async runOnce({ tasks }) {
    const executed = [];
    const taskList = {};
    for (const [identifier, failure] of Object.entries(tasks)) {
      taskList[identifier] = async (payload, { job }) => {
        executed.push({ identifier, payload, queueId: job.job_queue_id, attempts: job.attempts });
        if (failure !== null) {
          throw new Error(failure);
        }
      };
    }
    await worker.runOnce({ ...options, taskList });
    return executed;
  },
};

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
  const input = await text(process.stdin);
  const output = await commands[command](input === "" ? undefined : JSON.parse(input));
  process.stdout.write(JSON.stringify(output ?? null));
} catch (error) {
  process.stderr.write(`${error.code ?? error.name}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await pgPool.end();
}
