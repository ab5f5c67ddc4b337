//! The Rhai engine: limits, deadline, deterministic hashing, constants, and every binding.

use super::build::Desk;
use super::constants::Constants;
use super::stopwatch::Stopwatch;
use super::value::{FAILED, Failed, Fx, MidiPort, ParamPath, Signal, Strip, Voice, Whole};
use super::{
    bounce, clock, controllers, drums, function, inputs, instrument, kinds, maths, midi, multiplex,
    operators, pattern, perform, piece, plugin, render, resolver, rig, song, sound, tracks, whole,
    writer,
};
use rhai::packages::{Package, StandardPackage};
use rhai::{Engine, OptimizationLevel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a script may run; loading of assets and making pieces of MIDI files are not counted.
pub const DEADLINE: Duration = Duration::from_millis(250);

/// Time for large files at most, beside it.
const MOST_ASIDE: Duration = Duration::from_secs(10);

/// Any fixed numbers will do: function hashes must not differ from run to run.
const HASHING_SEED: [u64; 4] = [0x9e37, 0x79b9, 0x7f4a, 0x7c15];

/// An engine with all bindings, for the next script.
static SPARE: Mutex<Option<Engine>> = Mutex::new(None);

fn spare() -> MutexGuard<'static, Option<Engine>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an engine ahead of the next script: that takes longer than most scripts do. On any thread but the audio
/// thread.
pub fn prepare() {
    if spare().is_none() {
        let engine = bound();
        *spare() = Some(engine);
    }
}

/// An engine with all bindings that works on `desk`.
#[must_use]
pub fn engine(desk: &Desk, constants: &Constants) -> Engine {
    let ready = spare().take();
    let mut engine = ready.unwrap_or_else(bound);
    engine
        .set_default_tag(rhai::Dynamic::from(desk.clone()))
        .set_module_resolver(resolver::Modules::new(desk.clone(), constants.clone()));
    limits(&mut engine, desk);
    let names = constants.clone();
    #[allow(deprecated)] // Not deprecated but volatile, says Rhai.
    engine.on_var(move |name, index, context| {
        // An index means a variable of the script, which hides a constant of the same name.
        let own = index > 0 || context.scope().contains(name);
        Ok(if own { None } else { names.get(name) })
    });
    printing(&mut engine, desk);
    engine
}

/// An engine with all bindings, which know nothing of the script that they will serve.
fn bound() -> Engine {
    // It can be set only once in a process, and the first one stays.
    let _ = rhai::config::hashing::set_hashing_seed(Some(HASHING_SEED));
    let mut engine = Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine
        .set_optimization_level(OptimizationLevel::None)
        // Else operators on numbers would bypass the deterministic ones.
        .set_fast_operators(false)
        .set_strict_variables(true);
    types(&mut engine);
    pattern::register(&mut engine);
    maths::register(&mut engine);
    kinds::register(&mut engine);
    operators::register(&mut engine);
    tracks::register(&mut engine);
    piece::register(&mut engine);
    perform::register(&mut engine);
    instrument::register(&mut engine);
    multiplex::register(&mut engine);
    sound::register(&mut engine);
    whole::register(&mut engine);
    bounce::register(&mut engine);
    inputs::register(&mut engine);
    midi::register(&mut engine);
    controllers::register(&mut engine);
    song::register(&mut engine);
    drums::register(&mut engine);
    render::register(&mut engine);
    writer::register(&mut engine);
    clock::register(&mut engine);
    rig::register(&mut engine);
    plugin::register(&mut engine);
    function::register(&mut engine);
    engine
}

fn limits(engine: &mut Engine, desk: &Desk) {
    engine
        .set_max_operations(5_000_000)
        .set_max_call_levels(64)
        .set_max_expr_depths(64, 64)
        .set_max_array_size(10_000)
        .set_max_string_size(65_536)
        .set_max_map_size(4_096)
        .set_max_modules(50);
    let (start, desk) = (Stopwatch::start(), desk.clone());
    let late = move || {
        let spent = start.elapsed();
        // What large files take is looked up only when it matters.
        spent > DEADLINE && spent > DEADLINE + desk.open().aside.min(MOST_ASIDE)
    };
    engine.on_progress(move |count| {
        // The clock is read only now and then: it costs more than an operation.
        (count % 64 == 0 && late()).then(|| rhai::Dynamic::from("deadline"))
    });
}

/// The engine that functions of values run on: maths, texts and lists, and none of what makes music.
pub fn of_values(desk: &Desk) -> Arc<Engine> {
    let mut build = desk.open();
    let constants = build.constants.clone();
    let made = build.values.get_or_insert_with(|| {
        let mut engine = Engine::new_raw();
        engine.register_global_module(StandardPackage::new().as_shared_module());
        engine
            .set_optimization_level(OptimizationLevel::None)
            .set_fast_operators(false)
            .set_max_operations(20_000)
            .set_max_call_levels(32)
            .set_max_array_size(1_000)
            .set_max_string_size(4_096)
            .set_max_map_size(256);
        #[allow(deprecated)] // Not deprecated but volatile, says Rhai.
        engine.on_var(move |name, index, context| {
            let own = index > 0 || context.scope().contains(name);
            Ok(if own { None } else { constants.get(name) })
        });
        engine.on_print(|_| {}).on_debug(|_, _, _| {});
        maths::register(&mut engine);
        pattern::recorder::register(&mut engine);
        midi::effects::methods(&mut engine);
        Arc::new(engine)
    });
    made.clone()
}

fn printing(engine: &mut Engine, desk: &Desk) {
    let (out, debug) = (desk.clone(), desk.clone());
    engine.on_print(move |text| out.world().print(text));
    engine.on_debug(move |text, _, at| debug.world().print(&format!("{at:?}: {text}")));
}

fn types(engine: &mut Engine) {
    engine
        .register_type_with_name::<Signal>("Signal")
        .register_type_with_name::<Fx>("Effect")
        .register_type_with_name::<Voice>("Voice")
        .register_type_with_name::<Strip>("Track")
        .register_type_with_name::<ParamPath>("Param")
        .register_type_with_name::<MidiPort>("MidiPort")
        .register_type_with_name::<crate::session::Recipe>("Sound")
        .register_type_with_name::<Whole>("WholeEffect")
        .register_type_with_name::<Failed>(FAILED);
    // Precedence 20 is below all other operators, and left to right.
    // It cannot fail: `|>` is no operator of Rhai's.
    let _ = engine.register_custom_operator("|>", 20);
}

/// Lets a call of the unknown function `name` pass, so that the rest of its statement is looked at too.
pub fn stand_in(engine: &mut Engine, name: &str, arity: usize) {
    let types = vec![std::any::TypeId::of::<rhai::Dynamic>(); arity];
    engine.register_raw_fn(name, types, |_, _| Ok(Failed));
}
