// Graphile Worker, for benchmarks; see support/contestants.py for how they talk.
//
//   node graphile_worker.mjs SETTINGS
//
// SETTINGS is the `worker` part of a preset, as JSON. KONGTASK_NODE_HOME is the folder where the
// package is installed; the database comes from the PG* variables.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.KONGTASK_NODE_HOME}/`);
const { Logger, WorkerPreset, run } = require("graphile-worker-20");

let count = 0;
const taskList = {
  noop: async () => {
    count += 1;
  },
  stamp: async () => {
    process.stdout.write(`${process.hrtime.bigint()}\n`);
  },
};

const runner = await run({
  taskList,
  preset: {
    extends: [WorkerPreset],
    worker: {
      connectionString: `postgres://${process.env.PGUSER}@/${process.env.PGDATABASE}?host=${encodeURIComponent(process.env.PGHOST)}&port=${process.env.PGPORT}`,
      logger: new Logger(() => () => {}),
      ...JSON.parse(process.argv[2]),
    },
  },
});

let told = 0;
let isReady = false;
const reports = setInterval(() => {
  if (isReady && count !== told) {
    told = count;
    process.stdout.write(`${told}\n`);
  }
}, 10);

process.stdin.resume();
process.stdin.on("end", async () => {
  clearInterval(reports);
  await runner.stop();
  process.exit(0);
});
setTimeout(
  () => {
    isReady = true;
    process.stdout.write("ready\n");
  },
  Number(process.env.KONGTASK_BENCH_SETTLE) * 1000,
);
