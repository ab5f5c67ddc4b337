// Runs the extension for VS Code in Node, with the editor's functions stood in for, and prints what was seen.
"use strict";

const fs = require("fs");
const path = require("path");
const Module = require("module");

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}
class Range {
  constructor(a, b, c, d) {
    [this.start, this.end] = c === undefined ? [a, b] : [new Position(a, b), new Position(c, d)];
  }
  list() {
    return [this.start.line, this.start.character, this.end.line, this.end.character];
  }
}

const lines = fs.readFileSync(process.env.SONG, "utf8").split("\n");
const document = {
  fileName: process.env.SONG,
  lineCount: lines.length,
  lineAt: (row) => ({ text: lines[row], isEmptyOrWhitespace: lines[row].trim() === "" }),
  getText: ({ start, end }) => lines.slice(start.line, end.line).map((l) => l + "\n").join(""),
};
let lit = [];
const editor = { document, setDecorations: (_, ranges) => (lit = ranges) };
const marked = new Map();
const commands = {};
const register = (name, action) => (commands[name] = action);
const bar = { show() {}, hide() {} };
const vscode = {
  Position,
  Range,
  Diagnostic: class {
    constructor(range, message, severity) {
      Object.assign(this, { range, message, severity });
    }
  },
  DiagnosticSeverity: { Error: 0, Warning: 1 },
  StatusBarAlignment: { Right: 2 },
  ThemeColor: class {},
  Uri: { file: (file) => file },
  commands: { registerCommand: register, registerTextEditorCommand: register },
  languages: { createDiagnosticCollection: () => marked },
  window: {
    visibleTextEditors: [editor],
    createStatusBarItem: () => bar,
    createTextEditorDecorationType: () => ({}),
    setStatusBarMessage() {},
    showErrorMessage: (text) => console.error(text),
  },
  workspace: {
    textDocuments: [document],
    getConfiguration: () => ({ get: () => "" }),
    onDidSaveTextDocument() {},
  },
};
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));
const extension = require(path.resolve("editors/vscode/extension.js"));

async function until(condition) {
  for (let i = 0; i < 1000 && !condition(); i++) await new Promise((done) => setTimeout(done, 5));
  return condition();
}

async function main() {
  const seen = {};
  extension.activate({ subscriptions: [] });
  const play = (line) => {
    const at = new Position(line, 0);
    return commands["rhapsode.evalBlock"]({ ...editor, selection: { start: at, end: at, isEmpty: true } });
  };
  await play(2);
  await until(() => marked.size > 0);
  const error = (marked.get(process.env.SONG) ?? [])[0];
  seen.error = { range: error?.range.list(), message: error?.message, severity: error?.severity };
  await play(5);
  await until(() => lit.length > 0);
  seen.light = lit.map((range) => range.list());
  seen.right = marked.size === 0;
  seen.dark = await until(() => lit.length === 0);
  seen.status = bar.text;
  extension.deactivate();
  console.log(JSON.stringify(seen));
}

main();
