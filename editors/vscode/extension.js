// Plays Rhapsode from VS Code: sends code, marks errors, lights up what plays.
"use strict";

const vscode = require("vscode");
const { open } = require("./client");

let client = null;
let slots = [];
let problems, status, playing;
/** What plays: its editor's file, range, and when it ends. */
let lit = [];

/** UTF-16 position, from 0, of a line and a column in characters, from 1. */
function position(document, line, column) {
  const row = Math.min(line, document.lineCount) - 1;
  const text = [...document.lineAt(row).text].slice(0, column - 1).join("");
  return new vscode.Position(row, text.length);
}

function range(document, span) {
  const begin = position(document, span.line, span.column);
  return new vscode.Range(begin, position(document, span.end_line, span.end_column));
}

function documentOf(file) {
  return file && vscode.workspace.textDocuments.find((d) => d.fileName === file);
}

/** Marks what is wrong; what stands in no open file is said. */
function showProblems(diagnostics) {
  const found = new Map();
  for (const d of diagnostics) {
    const text = d.hint ? `${d.message}\n${d.hint}` : d.message;
    const document = d.span && documentOf(d.file);
    if (!document) {
      vscode.window.showErrorMessage(`Rhapsode: ${text}`);
      continue;
    }
    const { Error, Warning } = vscode.DiagnosticSeverity;
    const severity = d.severity === "error" ? Error : Warning;
    const problem = new vscode.Diagnostic(range(document, d.span), text, severity);
    problem.source = "rhapsode";
    found.set(d.file, [...(found.get(d.file) ?? []), problem]);
  }
  problems.clear();
  for (const [file, list] of found) problems.set(vscode.Uri.file(file), list);
}

function paint() {
  for (const editor of vscode.window.visibleTextEditors) {
    const own = lit.filter((l) => l.file === editor.document.fileName);
    editor.setDecorations(playing, own.map((l) => l.range));
  }
}

/** Lights a stretch up from `begin` to `end` (milliseconds since 1970). */
function light(event) {
  setTimeout(() => {
    const document = documentOf(event.file);
    if (!document) return;
    const entry = { file: event.file, range: range(document, event.span) };
    lit.push(entry);
    paint();
    setTimeout(() => {
      lit = lit.filter((l) => l !== entry);
      paint();
    }, Math.max(30, event.end - event.begin));
  }, Math.max(0, event.begin - Date.now()));
}

function showStatus(s) {
  const master = slots.find((slot) => slot.name === "master");
  const level = master ? ` ${Math.max(...master.peak_db).toFixed(0)} dB` : "";
  const lost = s.lost ? " NO DEVICE" : "";
  status.text = `♪ ${s.bar}:${Math.floor(s.beat)} ${s.bpm.toFixed(0)} bpm${level}${lost}`;
  status.tooltip = `${s.device}, ${s.rate} Hz, load ${(s.load * 100).toFixed(1)} %, ${s.xruns} xruns`;
  status.show();
}

const notices = {
  event: light,
  error: (m) => showProblems(m.diagnostics),
  status: showStatus,
  meter: (m) => (slots = m.slots),
  log: (m) => m.level !== "info" && vscode.window.showWarningMessage(`Rhapsode: ${m.text}`),
};

async function connect() {
  if (client) return client;
  const closed = () => {
    client = null;
    lit = [];
    paint();
    status.hide();
  };
  client = await open((m) => notices[m.type]?.(m), closed);
  const kinds = ["event", "meter", "log", "status", "error"];
  await client.ask({ type: "subscribe", kinds });
  return client;
}

async function send(message) {
  try {
    const setting = vscode.workspace.getConfiguration("rhapsode").get("quant");
    const quant = setting === "" ? undefined : Number(setting) || setting;
    const answer = await (await connect()).ask({ type: "eval", quant, ...message });
    showProblems(answer.diagnostics ?? []);
    if (answer.text) vscode.window.setStatusBarMessage(answer.text, 5000);
  } catch (why) {
    vscode.window.showErrorMessage(`Rhapsode: ${why.message}`);
  }
}

/** Plays lines of the editor, both from 0 and inclusive. */
function sendLines(editor, first, last) {
  const { document } = editor;
  const code = document.getText(new vscode.Range(first, 0, last + 1, 0));
  return send({ code, file: document.fileName, line: first + 1 });
}

/** Plays the selected lines, or those around the cursor up to the next empty ones. */
function sendBlock(editor) {
  const { document, selection } = editor;
  let [first, last] = [selection.start.line, selection.end.line];
  if (selection.isEmpty) {
    const blank = (row) => document.lineAt(row).isEmptyOrWhitespace;
    while (first > 0 && !blank(first - 1)) first--;
    while (last < document.lineCount - 1 && !blank(last + 1)) last++;
  }
  return sendLines(editor, first, last);
}

function activate(context) {
  problems = vscode.languages.createDiagnosticCollection("rhapsode");
  status = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Right);
  const colour = new vscode.ThemeColor("editor.findMatchHighlightBackground");
  playing = vscode.window.createTextEditorDecorationType({ backgroundColor: colour, borderRadius: "2px" });
  const { registerCommand, registerTextEditorCommand } = vscode.commands;
  context.subscriptions.push(
    problems,
    status,
    playing,
    registerTextEditorCommand("rhapsode.evalBlock", sendBlock),
    registerTextEditorCommand("rhapsode.evalFile", (e) => sendLines(e, 0, e.document.lineCount - 1)),
    registerCommand("rhapsode.hush", () => send({ code: "hush()" })),
    registerCommand("rhapsode.panic", () => send({ code: "panic()" })),
    registerCommand("rhapsode.connect", () =>
      connect().catch((why) => vscode.window.showErrorMessage(`Rhapsode: ${why.message}`)),
    ),
    // What is saved is judged anew by the session that watches it.
    vscode.workspace.onDidSaveTextDocument((d) => problems.delete(d.uri)),
  );
}

function deactivate() {
  client?.close();
}

module.exports = { activate, deactivate };
