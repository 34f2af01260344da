// A Node worker of a run: `node worker.mjs PACKAGE OPTIONS`, the options as JSON.
//
// KONGTASK_NODE_HOME is the folder where the packages are installed; the database comes from the
// PG* variables. Says its pool's id, then works until SIGTERM.

import { EventEmitter } from "node:events";
import { createRequire } from "node:module";

const [packageName, options] = process.argv.slice(2);
const require = createRequire(`${process.env.KONGTASK_NODE_HOME}/`);
const worker = require(packageName);

const note =
  "insert into chaos.history (what, job, number, attempts, pool) values ($1, $2, $3, $4, $5)";

async function work({ number, seconds, failures }, { job, query }) {
  const values = [job.id, number, job.attempts, job.locked_by];
  await query(note, ["begin", ...values]);
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  if (job.attempts <= failures) {
    throw new Error("on purpose");
  }
  await query(note, ["end", ...values]);
}

const events = new EventEmitter();
events.on("pool:create", ({ workerPool }) => process.stdout.write(`${workerPool.id}\n`));

const runner = await worker.run({
  connectionString: "postgres://", // what the PG* variables say
  logger: new worker.Logger(() => () => {}),
  taskList: { work },
  events,
  ...JSON.parse(options),
});
await runner.promise;
