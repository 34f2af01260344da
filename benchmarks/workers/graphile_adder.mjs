// Graphile Worker adding jobs, for benchmarks: one line of JSON in, one line out.
//
// In: {"case": one of the functions below, "jobs": how many}. Out: seconds.
// KONGTASK_NODE_HOME is the folder where the package is installed; the database comes from the PG*
// variables.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.KONGTASK_NODE_HOME}/`);
const { Logger, makeWorkerUtils } = require("graphile-worker-20");
const { Pool } = require("pg");

const pgPool = new Pool({ max: 10 });
pgPool.on("error", () => {}).on("connect", (client) => client.on("error", () => {}));
const utils = await makeWorkerUtils({ pgPool, logger: new Logger(() => () => {}) });
await utils.migrate();

const add = (n) => utils.addJob("noop", { n });
const specs = (jobs, more) =>
  Array.from({ length: jobs }, (_, n) => ({ identifier: "noop", payload: { n }, ...more(n) }));

const cases = {
  async one(jobs) {
    for (let n = 0; n < jobs; n += 1) await add(n);
  },
  async side_by_side(jobs) {
    const line = async (first) => {
      for (let n = first; n < jobs; n += 10) await add(n);
    };
    await Promise.all(Array.from({ length: 10 }, (_, first) => line(first)));
  },
  async tens(jobs) {
    for (let n = 0; n < jobs; n += 10) await utils.addJobs(specs(10, () => ({})));
  },
  async bulk(jobs) {
    await utils.addJobs(specs(jobs, () => ({})));
  },
  async keys(jobs) {
    await utils.addJobs(specs(jobs, (n) => ({ jobKey: `key ${n}` })));
  },
};

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const { case: name, jobs } = JSON.parse(line);
  const started = performance.now();
  await cases[name](jobs);
  process.stdout.write(`${(performance.now() - started) / 1000}\n`);
}
await utils.release();
await pgPool.end();
