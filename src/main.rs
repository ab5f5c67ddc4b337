//! The command line: arguments in, exit codes out.

use clap::{CommandFactory, Parser, Subcommand};
use rhapsode::app::{
    Failure, audition, check, devices, doc, eval, files, interrupt, live, midi, note, pattern,
    plan, plugins, ports, process, render, repl, report, run as run_script,
};
use std::process::ExitCode;

/// A scripting runtime for music
#[derive(Parser)]
#[command(name = "rhapsode", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Interpret functions of scripts rather than make machine code of them; the sound is the same
    #[arg(long, global = true)]
    no_jit: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Play a script, and swap in what is saved
    Live(live::LiveArgs),
    /// Play what is typed
    Repl(repl::ReplArgs),
    /// Render a script to a sound file
    Render(render::RenderArgs),
    /// Run a script for the files that it writes
    Run(run_script::RunArgs),
    /// Play one note of an instrument, or render it
    Audition(audition::AuditionArgs),
    /// Say what is wrong with a script, without a sound
    Check(check::CheckArgs),
    /// Show the manual of a function, or list them all
    Doc(doc::DocArgs),
    /// Show what a pattern plays
    Pattern(pattern::PatternArgs),
    /// Show how a script is compiled
    Plan(plan::PlanArgs),
    /// Describe audio files: format, length, level, loudness
    Info(files::InfoArgs),
    /// Convert an audio file: format, rate, channels, level
    Convert(files::ConvertArgs),
    /// Send sound files through plugins
    Process(Box<process::ProcessArgs>),
    /// Send one sound through plugins for another process
    #[command(hide = true)]
    ProcessWorker,
    /// Send code to a running session
    Eval(eval::EvalArgs),
    /// Write what the patterns of a script play as a MIDI file
    MidiExport(midi::ExportArgs),
    /// List the MIDI ports, or print what comes in
    Midi(ports::MidiArgs),
    /// List the sound devices
    Devices(devices::DevicesArgs),
    /// Find the VST3 and CLAP plugins, list or describe them
    Plugins(plugins::PluginsArgs),
    /// Scan one plugin library for another process
    #[command(hide = true)]
    PluginScan(plugins::ScanArgs),
    /// Have one plugin for another process
    #[command(hide = true)]
    PluginHost(plugins::HostArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log();
    if cli.no_jit {
        rhapsode::jit::set_machine_code(false);
    }
    if let Ok(program) = std::env::current_exe() {
        rhapsode::plugin::serve_by(program);
    }
    interrupt::watch();
    let result = match &cli.command {
        Command::Check(args) => return check::check(args),
        Command::Doc(args) => return doc::doc(args),
        Command::Eval(args) => return eval::eval(args),
        Command::Pattern(args) => return pattern::pattern(args),
        command => run(command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::report(&failure.0, false);
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error what `RHAPSODE_LOG` asks for (`debug`, `rhapsode::engine=trace`, ...).
fn log() {
    if std::env::var_os("RHAPSODE_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_env("RHAPSODE_LOG");
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Check(_) | Command::Doc(_) | Command::Eval(_) | Command::Pattern(_) => Ok(()),
        Command::Live(args) => live::live(args),
        Command::Repl(args) => repl::repl(args),
        Command::Render(args) => render::render(args),
        Command::Run(args) => run_script::run(args),
        Command::Audition(args) => audition::audition(args),
        Command::Plan(args) => plan::plan(args),
        Command::MidiExport(args) => midi::export(args),
        Command::Info(args) => Ok(files::info(args, &mut std::io::stdout().lock())?),
        Command::Convert(args) => {
            files::convert(args)?.warnings().iter().for_each(|w| note(w));
            Ok(())
        }
        Command::Process(args) => process::process(args),
        Command::ProcessWorker => process::worker(),
        Command::Midi(args) => ports::midi(args),
        Command::Devices(args) => devices::devices(args),
        Command::Plugins(args) => plugins::plugins(args),
        Command::PluginScan(args) => plugins::scan(args),
        Command::PluginHost(args) => plugins::host(args),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(*shell, &mut command, "rhapsode", &mut std::io::stdout());
            Ok(())
        }
    }
}
