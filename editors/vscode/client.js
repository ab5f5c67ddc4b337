// The editors' protocol of Rhapsode (docs/protocol.md) over a Unix socket, or TCP where there is none.
"use strict";

const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

/** The folder of session files. */
function folder() {
  const { XDG_RUNTIME_DIR, XDG_STATE_HOME } = process.env;
  if (XDG_RUNTIME_DIR) return path.join(XDG_RUNTIME_DIR, "rhapsode");
  return path.join(XDG_STATE_HOME || path.join(os.homedir(), ".local/state"), "rhapsode/run");
}

/** The sessions, the newest first. */
function sessions(where) {
  let names = [];
  try {
    names = fs.readdirSync(where).filter((name) => name.endsWith(".json"));
  } catch {
    // No session has ever run.
  }
  const found = [];
  for (const name of names) {
    try {
      const session = JSON.parse(fs.readFileSync(path.join(where, name), "utf8"));
      if (session.version === 1) found.push(session);
    } catch {
      // It has ended meanwhile, or is of another version.
    }
  }
  return found.sort((a, b) => b.started - a.started);
}

function connect(session) {
  return new Promise((done, fail) => {
    const socket = session.socket ? net.connect(session.socket) : net.connect(session.port, "127.0.0.1");
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      done(socket);
    });
  });
}

/** A connection to a session. */
class Client {
  constructor(socket, notice, closed) {
    this.socket = socket;
    this.waiting = new Map();
    this.last = 0;
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      for (const line of lines) this.take(JSON.parse(line), notice);
    });
    // What is wrong with the connection also ends it.
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const answer of this.waiting.values()) answer({ type: "error", diagnostics: [] });
      closed();
    });
  }

  take(message, notice) {
    const answer = this.waiting.get(message.id);
    if (!answer) return notice(message);
    this.waiting.delete(message.id);
    answer(message);
  }

  /** Sends a message and gives its answer. */
  ask(message) {
    const id = ++this.last;
    this.socket.write(JSON.stringify({ ...message, id }) + "\n");
    return new Promise((done) => this.waiting.set(id, done));
  }

  close() {
    this.socket.destroy();
  }
}

/** Connects to the newest session. `notice` gets all that is no answer; `closed` is called at the end. */
async function open(notice, closed, where = folder()) {
  for (const session of sessions(where)) {
    const socket = await connect(session).catch(() => null);
    if (!socket) continue;
    const client = new Client(socket, notice, closed);
    const answer = await client.ask({ type: "hello", version: 1, token: session.token });
    if (answer.type === "welcome") return client;
    client.close();
    throw new Error(answer.diagnostics[0]?.message ?? "the session has ended");
  }
  throw new Error("nothing is running; start `rhapsode live song.rhai` in a terminal");
}

module.exports = { open };
