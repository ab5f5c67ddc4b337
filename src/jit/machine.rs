//! Machine code, made by Cranelift: one function for each number of lanes and each state of the lines.

use super::call::Call;
use super::emit::{Emit, Forms};
use super::layout::Layout;
use super::{Form, Pace, forms};
use crate::ir::maths::FUNCTIONS;
use crate::ir::{Program, hoist, random, straighten};
use cranelift_codegen::ir::{AbiParam, Signature, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, ModuleError, default_libcall_names};
use std::sync::OnceLock;

/// A function in machine code, and the memory that it lies in.
pub struct Machine {
    /// Taken out when it is dropped.
    module: Option<JITModule>,
    /// By lanes (1, 2, 4), then by whether lines rest.
    entries: [[Option<Entry>; 2]; 3],
    wide: bool,
    /// What the code reads of: it must not move.
    _layout: Layout,
}

/// What could be made.
pub(super) type Made<T> = Result<T, Box<ModuleError>>;

/// Machine code as it is called.
type Entry = unsafe extern "C" fn(*mut Call);

// SAFETY: after it has been made, the code is only read and run; the module is only dropped.
unsafe impl Send for Machine {}
// SAFETY: as above.
unsafe impl Sync for Machine {}

/// Lanes that code is made for.
const WIDTHS: [usize; 3] = [1, 2, 4];

/// How to make code for this machine.
fn isa() -> Made<OwnedTargetIsa> {
    static ISA: OnceLock<Option<OwnedTargetIsa>> = OnceLock::new();
    let made = ISA.get_or_init(|| {
        let mut flags = settings::builder();
        flags.set("opt_level", "speed").ok()?;
        flags.set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }).ok()?;
        flags.set("is_pic", "false").ok()?;
        flags.set("use_colocated_libcalls", "false").ok()?;
        flags.set("enable_probestack", "false").ok()?;
        let isa = cranelift_native::builder().ok()?;
        isa.finish(settings::Flags::new(flags)).ok()
    });
    let none = || ModuleError::Backend(std::io::Error::other("no code for this machine").into());
    made.clone().ok_or_else(|| none().into())
}

impl Machine {
    /// Makes code for one lane, or for several: side by side, if both sides of all branches can be computed. Control
    /// thread.
    ///
    /// # Errors
    /// If this machine is unknown, or memory may not be made executable.
    pub fn new(program: &Program, paces: &[Pace], lanes: usize) -> Made<Machine> {
        // A lane alone costs less in one half of wide registers, if the other half then does no work of its own.
        let beside = lanes > 1 || (program.is_straight() && !program.calls());
        let straight =
            if beside && (lanes > 1 || !program.can_blame()) { straighten(program) } else { None };
        // What goes wrong must go wrong in a lane that is heard.
        let first = usize::from(straight.is_some() && !program.can_blame());
        let widths = match (&straight, lanes) {
            (None, _) => &WIDTHS[..1],
            (Some(_), ..=2) => &WIDTHS[first..2],
            (Some(_), _) => &WIDTHS[first..],
        };
        let program = straight.as_ref().unwrap_or(program);
        let layout = Layout::new(program);
        let mut module = module()?;
        let made = define_all(&mut module, program, paces, &layout, widths);
        let made = match made.and_then(|made| Ok(module.finalize_definitions().map(|()| made)?)) {
            Ok(made) => made,
            Err(error) => {
                // SAFETY: nothing of it has been called.
                unsafe { module.free_memory() };
                return Err(error);
            }
        };
        let mut entries = [[None; 2]; 3];
        for (width, form, id) in made {
            let address = module.get_finalized_function(id);
            // SAFETY: it was declared with this signature.
            let entry = unsafe { std::mem::transmute::<*const u8, Entry>(address) };
            entries[width.trailing_zeros() as usize][form] = Some(entry);
        }
        Ok(Machine { module: Some(module), entries, wide: straight.is_some(), _layout: layout })
    }

    /// Whether lanes are computed side by side.
    pub fn is_wide(&self) -> bool {
        self.wide
    }

    /// Runs `lanes` lanes.
    ///
    /// # Safety
    /// As for [`super::Code::run`].
    pub unsafe fn run(&self, call: &mut Call, lanes: usize, resting: bool) {
        let forms = &self.entries[lanes.trailing_zeros().min(2) as usize];
        if let Some(entry) = forms[1].filter(|_| resting).or(forms[0]) {
            // SAFETY: the caller promises that all that the code reads and writes is there.
            unsafe { entry(call) };
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: whoever could call the code has this, and it goes.
            unsafe { module.free_memory() };
        }
    }
}

/// A module that knows the functions of numbers.
fn module() -> Made<JITModule> {
    let mut builder = JITBuilder::with_isa(isa()?, default_libcall_names());
    for (i, function) in FUNCTIONS.iter().enumerate() {
        builder.symbol(format!("f{i}"), function.address());
    }
    builder.symbol("random", random as *const u8);
    Ok(JITModule::new(builder))
}

/// Adds a function for each width and each form; gives their width, the index of their form, and their names in the module.
fn define_all(
    module: &mut JITModule,
    program: &Program,
    paces: &[Pace],
    layout: &Layout,
    widths: &[usize],
) -> Made<Vec<(usize, usize, FuncId)>> {
    let mut contexts = (module.make_context(), FunctionBuilderContext::new());
    let forms = forms(program, paces);
    let mut made = Vec::new();
    for &lanes in widths {
        for (at, form) in forms.iter().enumerate() {
            let Some(form) = form else { continue };
            let what = Forms { program, paces, form, layout, lanes };
            let id = define(module, &mut contexts, &format!("w{lanes}{at}"), &what)?;
            made.push((lanes, at, id));
        }
    }
    Ok(made)
}

/// Adds the function of `program` to a module, for another machine say: a function `name` that takes a [`Call`] and computes
/// `lanes` lanes of it. It calls `f0`, `f1`, .. ([`FUNCTIONS`] by their places) and `random`. Control thread.
///
/// # Errors
/// If it cannot be compiled for that machine; or if it reads arrays that are its own, which lie in this process.
pub fn define_in(
    module: &mut dyn Module,
    name: &str,
    program: &Program,
    paces: &[Pace],
    lanes: usize,
) -> Made<FuncId> {
    if program.arrays.iter().any(|array| array.fixed) || (lanes > 1 && !program.is_straight()) {
        let why = std::io::Error::other("this function can only be compiled in its own process");
        return Err(ModuleError::Backend(why.into()).into());
    }
    let form = Form { hoisted: hoist(program, &[]), still: vec![false; paces.len()] };
    let layout = Layout::new(program);
    let mut contexts = (module.make_context(), FunctionBuilderContext::new());
    let what = Forms { program, paces, form: &form, layout: &layout, lanes };
    define(module, &mut contexts, name, &what)
}

/// Adds a function to the module.
fn define(
    module: &mut dyn Module,
    contexts: &mut (cranelift_codegen::Context, FunctionBuilderContext),
    name: &str,
    what: &Forms,
) -> Made<FuncId> {
    let (context, builders) = contexts;
    module.clear_context(context);
    let mut signature: Signature = module.make_signature();
    signature.params.push(AbiParam::new(types::I64));
    context.func.signature = signature.clone();
    let id = module.declare_function(name, Linkage::Export, &signature)?;
    let mut builder = FunctionBuilder::new(&mut context.func, builders);
    Emit::new(what, &mut builder, module).function()?;
    builder.finalize(module.target_config());
    module.define_function(id, context)?;
    Ok(id)
}
