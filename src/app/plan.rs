//! `plan`: how a script is compiled, for people, programs and Graphviz.

use super::Failure;
use super::input::ScriptArgs;
use crate::engine::Options;

/// What is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    #[command(flatten)]
    script: ScriptArgs,
    /// Print a Graphviz digraph
    #[arg(long, conflicts_with = "json")]
    dot: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print what the script describes, before it is compiled, as JSON
    #[arg(long, conflicts_with_all = ["json", "dot"])]
    session: bool,
}

/// Prints the plan of a script to standard output.
///
/// # Errors
/// What is wrong with the script.
pub fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let piece = args.script.load(48_000)?;
    super::report::report(piece.warnings(), false);
    if args.session {
        println!("{}", piece.session().to_json());
        return Ok(());
    }
    let offline = piece.start(Options::default())?;
    let plan = offline.plan();
    if args.dot {
        print!("{}", plan.to_dot());
    } else if args.json {
        let text = serde_json::to_string_pretty(plan);
        println!("{}", text.map_err(|e| Failure::message(e.to_string()))?);
    } else {
        print!("{plan}");
    }
    Ok(())
}
