//! Choices between cheap values without a branch, so that lanes can be computed side by side.

use super::op::Op;
use super::simplify::arrivals;
use super::{BlockId, End, Inst, Program, Target, Value};

/// Turns a branch whose sides do nothing but compute values that cost at most `most` together into choices. Returns
/// whether it found one.
///
/// J. R. Allen et al., "Conversion of Control Dependence to Data Dependence", 1983, for the simplest case.
pub(super) fn choose(program: &mut Program, most: u32) -> bool {
    let arrivals = arrivals(program);
    for at in 0..program.blocks.len() {
        let End::Branch(condition, yes, no) = program.blocks[at].end.clone() else { continue };
        let (Some(a), Some(b)) = (side(program, &arrivals, &yes), side(program, &arrivals, &no))
        else {
            continue;
        };
        let meet = meeting(&a, &b, &yes, &no).filter(|(_, _, _, cost)| *cost <= most);
        let Some((meet, from_yes, from_no, _)) = meet else { continue };
        if BlockId(at as u32) == meet {
            continue;
        }
        convert(program, at, condition, (meet, from_yes, from_no));
        return true;
    }
    false
}

/// A side of a branch: the block itself if it can be computed in any case, and where it goes on.
struct Side {
    block: BlockId,
    through: Option<Target>,
    cost: u32,
}

/// A side that can be looked at; `None` if it cannot be taken apart, nor be gone to directly.
fn side(program: &Program, arrivals: &[usize], to: &Target) -> Option<Side> {
    let block = &program.blocks[to.block.0 as usize];
    let free = arrivals[to.block.0 as usize] == 1
        && block.params.is_empty()
        && block.insts.iter().all(|inst| inst.op.is_free());
    let through = match &block.end {
        End::Jump(next) if free => Some(next.clone()),
        _ => None,
    };
    let cost = block.insts.iter().map(|inst| inst.op.cost()).sum();
    Some(Side { block: to.block, through, cost })
}

/// A way to where both sides meet: the block on the way, if there is one, and the values that are brought.
type Way = (Option<BlockId>, Vec<Value>);

/// Where both sides meet, and what they cost.
fn meeting(a: &Side, b: &Side, yes: &Target, no: &Target) -> Option<(BlockId, Way, Way, u32)> {
    let way = |side: &Side, to: &Target, meet: BlockId| -> Option<(Way, u32)> {
        if to.block == meet {
            return Some(((None, to.args.clone()), 0));
        }
        let next = side.through.as_ref().filter(|next| next.block == meet)?;
        Some(((Some(side.block), next.args.clone()), side.cost))
    };
    let meets = [Some(yes.block), Some(no.block), a.through.as_ref().map(|next| next.block)];
    for meet in meets.into_iter().flatten() {
        if let (Some((x, cost)), Some((y, other))) = (way(a, yes, meet), way(b, no, meet)) {
            return Some((meet, x, y, cost + other));
        }
    }
    None
}

fn convert(
    program: &mut Program,
    at: usize,
    condition: Value,
    (meet, yes, no): (BlockId, Way, Way),
) {
    let mut insts = Vec::new();
    for block in [yes.0, no.0].into_iter().flatten() {
        insts.append(&mut program.blocks[block.0 as usize].insts);
    }
    let mut args = Vec::new();
    for (x, y) in yes.1.into_iter().zip(no.1) {
        if x == y {
            args.push(x);
            continue;
        }
        let result = Value(program.types.len() as u32);
        program.types.push(program.types[x.0 as usize]);
        insts.push(Inst { result, op: Op::Select(condition, x, y), at: 0 });
        args.push(result);
    }
    let block = &mut program.blocks[at];
    block.insts.extend(insts);
    block.end = End::Jump(Target { block: meet, args });
}
