//! The plain interpreter of the form: what runs where machine code may not be made, and what machine code must equal.

mod run;

use super::call::Call;
use super::layout::{Layout, Spot};
use super::{Form, Pace};
use crate::ir::{Bits, Block, End, Inst, Op, Program, Type, Value};
use run::Run;

/// A program as the interpreter reads it.
pub struct Interpreter {
    once: Vec<Step>,
    blocks: Vec<Steps>,
    /// Registers of the state.
    state: Vec<u32>,
    outs: usize,
    /// Where the arrays of all lanes are.
    layout: Layout,
    registers: usize,
}

/// An operation with all that is known of its operands.
struct Step {
    op: Op,
    reads: [u32; 3],
    floats: bool,
    input: Input,
    result: u32,
    at: u32,
    spot: Spot,
}

/// What a wire is that an operation reads.
#[derive(Clone, Copy)]
enum Input {
    Audio,
    Line,
    Still,
}

struct Steps {
    steps: Vec<Step>,
    end: Last,
}

/// How a block ends: where to go on, and which registers go into which.
enum Last {
    Jump(usize, Moves),
    Branch(u32, (usize, Moves), (usize, Moves)),
    Again(i64, u32, usize, Moves),
    /// What goes out, then the moves of the state.
    Return(Vec<u32>, Moves),
}

/// Registers that go into others, all at once: from, to.
struct Moves(Vec<(u32, u32)>);

impl Interpreter {
    /// Prepares `program` in one of its forms.
    pub fn new(program: &Program, form: &Form, paces: &[Pace]) -> Interpreter {
        let Form { hoisted, still } = form;
        let layout = Layout::new(program);
        let step = |inst: &Inst| Step::new(program, &layout, (paces, still), inst);
        let params = |block: usize| &hoisted.blocks[block].params;
        let moves = |to: &crate::ir::Target| {
            let block = to.block.0 as usize;
            (block, Moves::new(&to.args, params(block)))
        };
        let outs = program.interface.outs as usize;
        let steps = |block: &Block| Steps {
            steps: block.insts.iter().map(step).collect(),
            end: match &block.end {
                End::Jump(to) => {
                    let (block, moves) = moves(to);
                    Last::Jump(block, moves)
                }
                End::Branch(condition, yes, no) => Last::Branch(condition.0, moves(yes), moves(no)),
                End::Again(cost, at, to) => {
                    let (block, moves) = moves(to);
                    Last::Again(i64::from(*cost), *at, block, moves)
                }
                End::Return(values) => Last::Return(
                    values[..outs].iter().map(|value| value.0).collect(),
                    Moves::new(&values[outs..], params(0)),
                ),
            },
        };
        Interpreter {
            once: hoisted.once.iter().map(step).collect(),
            blocks: hoisted.blocks.iter().map(steps).collect(),
            state: params(0).iter().map(|value| value.0).collect(),
            outs,
            registers: program.types.len(),
            layout,
        }
    }

    /// Runs the lane of `call`. `registers` are two for each value.
    ///
    /// # Safety
    /// As for [`super::Code::run`].
    pub unsafe fn run(&self, call: &mut Call, registers: &mut [Bits]) {
        let (registers, spare) = registers.split_at_mut(self.registers);
        let (memory, lane) = (call.memory, call.lane as usize);
        let mut run = Run { code: self, call, registers, spare, memory, lane, frame: 0 };
        // SAFETY: the caller promises that wires and rows are there.
        unsafe { run.frames() };
    }
}

impl Step {
    fn new(
        program: &Program,
        layout: &Layout,
        (paces, still): (&[Pace], &[bool]),
        inst: &Inst,
    ) -> Step {
        let mut reads = [0; 3];
        let operands = inst.op.reads();
        operands.iter().zip(&mut reads).for_each(|(value, to)| *to = value.0);
        let spot = match &inst.op {
            Op::Load(array, _) | Op::Store(array, ..) | Op::Length(array) => {
                layout.spots[*array as usize]
            }
            _ => Spot::default(),
        };
        let input = match &inst.op {
            Op::Input(wire) if paces[*wire as usize] == Pace::Audio => Input::Audio,
            Op::Input(wire) if still[*wire as usize] => Input::Still,
            _ => Input::Line,
        };
        Step {
            floats: operands.first().is_some_and(|value| program.of(*value) == Type::Float),
            input,
            op: inst.op.clone(),
            reads,
            result: inst.result.0,
            at: inst.at,
            spot,
        }
    }
}

impl Moves {
    fn new(from: &[Value], to: &[Value]) -> Moves {
        let pairs = from.iter().zip(to).filter(|(from, to)| from != to);
        Moves(pairs.map(|(from, to)| (from.0, to.0)).collect())
    }
}
