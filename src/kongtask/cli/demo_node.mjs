// Adds jobs from Node, as a program of yours would: by a call of graphile_worker.add_job.
//
//   node demo_node.mjs SOCKET USER DATABASE IDENTIFIER COUNT
//
// Node has no driver for PostgreSQL of its own, and a demo is not to install one. So this says by
// itself the few words of PostgreSQL's protocol that one query takes, to a server that trusts it.

import { connect } from "node:net";

const [socket, user, database, identifier, count] = process.argv.slice(2);

const text = (...words) => Buffer.from(words.map((word) => `${word}\0`).join(""));

function message(type, body) {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const PROTOCOL = Buffer.from([0, 3, 0, 0]);
const hello = message("", Buffer.concat([PROTOCOL, text("user", user, "database", database, "")]));
const query = message("Q", text(`
  select graphile_worker.add_job('${identifier}', json_build_object('number', number))
  from generate_series(1, ${Number(count)}) as number
`));
const goodbye = message("X", Buffer.alloc(0));

const server = connect(socket);
server.write(hello);
const answers = [query, goodbye]; // to each time that the server says that it is ready
let received = Buffer.alloc(0);
for await (const part of server) {
  received = Buffer.concat([received, part]);
  while (received.length > 4 && received.length > received.readInt32BE(1)) {
    const end = received.readInt32BE(1) + 1;
    const type = String.fromCharCode(received[0]);
    if (type === "E") {
      throw new Error(received.toString("utf8", 5, end).replaceAll("\0", " "));
    }
    if (type === "Z") {
      server.write(answers.shift());
    }
    received = received.subarray(end);
  }
}
if (answers.length > 0) {
  throw new Error("the server has closed the connection");
}
