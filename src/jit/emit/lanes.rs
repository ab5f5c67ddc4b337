//! A value in several lanes, as registers.

use crate::ir::Type;
use cranelift_codegen::ir::{self as cl, types};

/// One register for a lane alone; for more, floats and truth values (as masks) two lanes to a register, whole numbers one.
#[derive(Clone, Debug)]
pub struct Lanes(pub Vec<cl::Value>);

impl Lanes {
    /// Type and number of the registers of a value of type `of` in `lanes` lanes.
    pub fn shape(of: Type, lanes: usize) -> (cl::Type, usize) {
        match (of, lanes) {
            (Type::Float, 1) => (types::F64, 1),
            (Type::Int, _) => (types::I64, lanes),
            (Type::Bool, 1) => (types::I8, 1),
            (Type::Float, _) => (types::F64X2, lanes / 2),
            (Type::Bool, _) => (types::I64X2, lanes / 2),
        }
    }

    /// The register of a lone lane.
    pub fn one(&self) -> cl::Value {
        self.0[0]
    }
}
