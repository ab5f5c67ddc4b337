//! Machine code, made by Cranelift: one function for each number of lanes and each state of the lines.

use super::call::{Call, LANES};
use super::emit::{Emit, Forms};
use super::layout::Layout;
use super::{Form, Pace};
use crate::ir::maths::FUNCTIONS;
use crate::ir::{Program, hoist, random};
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
    widest: usize,
    /// What the code reads of: it must not move.
    _layout: Layout,
}

/// Machine code as it is called.
type Entry = unsafe extern "C" fn(*mut Call);

// SAFETY: after it has been made, the code is only read and run; the module is only dropped.
unsafe impl Send for Machine {}
// SAFETY: as above.
unsafe impl Sync for Machine {}

/// Lanes that code is made for.
const WIDTHS: [usize; 3] = [1, 2, 4];

/// How to make code for this machine.
fn isa() -> Result<OwnedTargetIsa, Box<ModuleError>> {
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
    /// Makes code. Control thread.
    ///
    /// # Errors
    /// If this machine is unknown, or memory may not be made executable.
    pub fn new(
        program: &Program,
        paces: &[Pace],
        forms: &[Option<Form>; 2],
    ) -> Result<Machine, Box<ModuleError>> {
        let mut builder = JITBuilder::with_isa(isa()?, default_libcall_names());
        for (i, function) in FUNCTIONS.iter().enumerate() {
            builder.symbol(format!("f{i}"), function.address());
        }
        builder.symbol("random", random as *const u8);
        let mut module = JITModule::new(builder);
        let layout = Layout::new(program);
        let widest = if program.is_straight() { WIDTHS[2].min(LANES) } else { 1 };
        let mut made = Vec::new();
        let mut contexts = (module.make_context(), FunctionBuilderContext::new());
        for (w, &lanes) in WIDTHS.iter().enumerate().filter(|(_, lanes)| **lanes <= widest) {
            for (f, form) in forms.iter().enumerate() {
                let Some(form) = form else { continue };
                let what = Forms { program, paces, form, layout: &layout, lanes };
                let id = define(&mut module, &mut contexts, &format!("w{w}{f}"), &what);
                match id {
                    Ok(id) => made.push((w, f, id)),
                    Err(error) => {
                        // SAFETY: nothing of it has been called.
                        unsafe { module.free_memory() };
                        return Err(error);
                    }
                }
            }
        }
        module.finalize_definitions()?;
        let mut entries = [[None; 2]; 3];
        for (w, f, id) in made {
            let address = module.get_finalized_function(id);
            // SAFETY: it was declared with this signature.
            entries[w][f] = Some(unsafe { std::mem::transmute::<*const u8, Entry>(address) });
        }
        Ok(Machine { module: Some(module), entries, widest, _layout: layout })
    }

    /// Lanes that can be computed at once.
    pub fn widest(&self) -> usize {
        self.widest
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
) -> Result<FuncId, Box<ModuleError>> {
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
) -> Result<FuncId, Box<ModuleError>> {
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
