//! Makes a program as simple as it can be without changing a bit of what it computes.

use super::op::Op;
use super::select::choose;
use super::{Array, Block, BlockId, Builder, End, Interface, Program, State, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The finished program: what cannot be reached or is not used is gone, choices between cheap values are
/// made without a branch, blocks are in an order in which each value is defined before it is used.
#[must_use]
pub fn finish(
    builder: Builder,
    name: &str,
    interface: Interface,
    state: Vec<State>,
    arrays: Vec<Array>,
) -> Program {
    let places = builder.places().to_vec();
    let (blocks, types) = builder.take();
    let name = name.to_string();
    let mut program =
        Program { name, interface, types, blocks, state, arrays, places, fingerprint: 0 };
    reduce(&mut program, TRIFLE);
    drop_unused(&mut program);
    number(&mut program);
    program.fingerprint = fingerprint(&program);
    program
}

/// What both sides of a branch cost together that is a choice in any case.
const TRIFLE: u32 = 4;
/// What they may cost where choices let lanes be computed side by side.
const CHEAP: u32 = 40;

/// The same program as a single run of operations, in which both sides of branches are computed; `None` if it has
/// loops, or if that would cost too much.
#[must_use]
pub fn straighten(program: &Program) -> Option<Program> {
    let mut straight = program.clone();
    reduce(&mut straight, CHEAP);
    straight.is_straight().then_some(straight)
}

/// Drops what is not needed, and turns branches whose sides cost at most so much into choices.
fn reduce(program: &mut Program, most: u32) {
    order(program);
    loop {
        drop_params(program);
        join(program);
        let chosen = choose(program, most);
        order(program);
        if !chosen {
            return;
        }
    }
}

/// FNV-1a over the text of the program.
fn fingerprint(program: &Program) -> u64 {
    use core::fmt::Write;
    struct Hash(u64);
    impl Write for Hash {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            for byte in text.bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            Ok(())
        }
    }
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let Program { name, interface, blocks, state, arrays, .. } = program;
    let _ = write!(hash, "{name} {interface:?} {blocks:?} {state:?} {arrays:?}");
    hash.0
}

/// Blocks in reverse postorder; those that cannot be reached are dropped.
fn order(program: &mut Program) {
    let (mut done, mut seen) = (Vec::new(), BTreeSet::new());
    let mut way = vec![(BlockId(0), 0usize)];
    seen.insert(BlockId(0));
    while let Some((block, next)) = way.last_mut() {
        let targets: Vec<BlockId> =
            program.blocks[block.0 as usize].end.targets().map(|to| to.block).collect();
        // The last target first: then what a loop does stands before what follows it.
        match targets.len().checked_sub(*next + 1).map(|at| targets[at]) {
            Some(to) => {
                *next += 1;
                if seen.insert(to) {
                    way.push((to, 0));
                }
            }
            None => {
                done.push(*block);
                way.pop();
            }
        }
    }
    done.reverse();
    let new: BTreeMap<BlockId, BlockId> =
        done.iter().enumerate().map(|(i, old)| (*old, BlockId(i as u32))).collect();
    let mut old: Vec<Option<Block>> =
        std::mem::take(&mut program.blocks).into_iter().map(Some).collect();
    program.blocks = done.iter().filter_map(|id| old[id.0 as usize].take()).collect();
    for block in &mut program.blocks {
        block.end.targets_mut().for_each(|to| to.block = new[&to.block]);
    }
}

/// Replaces values by others everywhere; chains are followed.
pub(super) fn rename(program: &mut Program, new: &BTreeMap<Value, Value>) {
    if new.is_empty() {
        return;
    }
    let name = |mut value: Value| {
        while let Some(next) = new.get(&value) {
            value = *next;
        }
        value
    };
    for block in &mut program.blocks {
        block.insts.iter_mut().for_each(|inst| inst.op.rename(name));
        if let End::Branch(condition, ..) = &mut block.end {
            *condition = name(*condition);
        }
        if let End::Return(values) = &mut block.end {
            values.iter_mut().for_each(|value| *value = name(*value));
        }
        block.end.targets_mut().flat_map(|to| &mut to.args).for_each(|arg| *arg = name(*arg));
    }
}

/// Drops parameters that are the same value wherever one comes from: M. Braun et al., "Simple and Efficient
/// Construction of Static Single Assignment Form", 2013, section 2.
fn drop_params(program: &mut Program) {
    loop {
        let mut given: BTreeMap<Value, BTreeSet<Value>> = BTreeMap::new();
        for to in program.blocks.iter().flat_map(|block| block.end.targets()) {
            let params = &program.blocks[to.block.0 as usize].params;
            for (param, arg) in params.iter().zip(&to.args).filter(|(param, arg)| param != arg) {
                given.entry(*param).or_default().insert(*arg);
            }
        }
        let same = |(param, args): (&Value, &BTreeSet<Value>)| {
            (args.len() == 1).then(|| args.first().map(|arg| (*param, *arg)))?
        };
        let all: BTreeMap<Value, Value> = given.iter().filter_map(same).collect();
        // What is another parameter that goes too is left for the next turn.
        let new: BTreeMap<Value, Value> =
            all.iter().filter(|(_, arg)| !all.contains_key(arg)).map(|(p, a)| (*p, *a)).collect();
        if new.is_empty() {
            return;
        }
        rename(program, &new);
        for at in 0..program.blocks.len() {
            let keep: Vec<bool> =
                program.blocks[at].params.iter().map(|param| !new.contains_key(param)).collect();
            retain(&mut program.blocks[at].params, &keep);
            for block in &mut program.blocks {
                for to in block.end.targets_mut().filter(|to| to.block.0 as usize == at) {
                    retain(&mut to.args, &keep);
                }
            }
        }
    }
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| keep.next().copied().unwrap_or(true));
}

/// How often each block is gone to.
pub(super) fn arrivals(program: &Program) -> Vec<usize> {
    let mut count = vec![0; program.blocks.len()];
    for to in program.blocks.iter().flat_map(|block| block.end.targets()) {
        count[to.block.0 as usize] += 1;
    }
    count
}

/// Appends a block to the one block from which it is reached.
fn join(program: &mut Program) {
    loop {
        let arrivals = arrivals(program);
        let next = program.blocks.iter().enumerate().find_map(|(at, block)| match &block.end {
            End::Jump(to) if arrivals[to.block.0 as usize] == 1 => Some((at, to.clone())),
            _ => None,
        });
        let Some((at, to)) = next else { return };
        let empty = Block { params: Vec::new(), insts: Vec::new(), end: End::Return(Vec::new()) };
        let tail = std::mem::replace(&mut program.blocks[to.block.0 as usize], empty);
        let new: BTreeMap<Value, Value> = tail.params.iter().copied().zip(to.args).collect();
        let block = &mut program.blocks[at];
        block.insts.extend(tail.insts);
        block.end = tail.end;
        rename(program, &new);
    }
}

/// Drops operations and parameters that nothing depends on that goes out, is kept, or decides where to go.
fn drop_unused(program: &mut Program) {
    let made: BTreeMap<Value, &Op> = program
        .blocks
        .iter()
        .flat_map(|block| block.insts.iter().map(|inst| (inst.result, &inst.op)))
        .collect();
    let mut brought: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
    let mut open: Vec<Value> = program.blocks[0].params.clone();
    for block in &program.blocks {
        for to in block.end.targets() {
            let params = &program.blocks[to.block.0 as usize].params;
            for (param, arg) in params.iter().zip(&to.args) {
                brought.entry(*param).or_default().push(*arg);
            }
        }
        match &block.end {
            End::Return(values) => open.extend(values),
            End::Branch(condition, ..) => open.push(*condition),
            End::Jump(_) | End::Again(..) => {}
        }
        let stores = block.insts.iter().filter(|inst| matches!(inst.op, Op::Store(..)));
        open.extend(stores.map(|inst| inst.result));
    }
    let mut used: BTreeSet<Value> = BTreeSet::new();
    while let Some(value) = open.pop() {
        if used.insert(value) {
            open.extend(made.get(&value).map(|op| op.reads()).unwrap_or_default());
            open.extend(brought.get(&value).into_iter().flatten());
        }
    }
    let keep: Vec<Vec<bool>> = program
        .blocks
        .iter()
        .map(|block| block.params.iter().map(|param| used.contains(param)).collect())
        .collect();
    for (block, keep) in program.blocks.iter_mut().zip(&keep) {
        block.insts.retain(|inst| used.contains(&inst.result));
        retain(&mut block.params, keep);
    }
    for to in program.blocks.iter_mut().flat_map(|block| block.end.targets_mut()) {
        retain(&mut to.args, &keep[to.block.0 as usize]);
    }
}

/// Numbers the values in the order in which they are defined.
fn number(program: &mut Program) {
    let mut new: BTreeMap<Value, Value> = BTreeMap::new();
    let mut types = Vec::new();
    for block in &program.blocks {
        let made = block.params.iter().copied().chain(block.insts.iter().map(|inst| inst.result));
        for value in made {
            new.insert(value, Value(types.len() as u32));
            types.push(program.types[value.0 as usize]);
        }
    }
    let name = |value: Value| new.get(&value).copied().unwrap_or(value);
    for block in &mut program.blocks {
        block.params.iter_mut().for_each(|param| *param = name(*param));
        for inst in &mut block.insts {
            inst.result = name(inst.result);
            inst.op.rename(name);
        }
        if let End::Branch(condition, ..) = &mut block.end {
            *condition = name(*condition);
        }
        if let End::Return(values) = &mut block.end {
            values.iter_mut().for_each(|value| *value = name(*value));
        }
        block.end.targets_mut().flat_map(|to| &mut to.args).for_each(|arg| *arg = name(*arg));
    }
    program.types = types;
}
