//! What an operation reaches outside of registers: functions of numbers, elements of arrays.

use super::*;
use cranelift_module::Linkage;

impl Emit<'_, '_> {
    /// Calls a function for each lane.
    pub(super) fn call(
        &mut self,
        name: &str,
        of: cl::Type,
        args: &[Lanes],
        args_of: Type,
    ) -> Result<Lanes, Box<ModuleError>> {
        let function = match self.functions.get(name) {
            Some(known) => *known,
            None => {
                let mut signature = self.module.make_signature();
                signature.params = vec![cl::AbiParam::new(of); args.len()];
                signature.returns = vec![cl::AbiParam::new(types::F64)];
                let id = self.module.declare_function(name, Linkage::Import, &signature)?;
                let reference = self.module.declare_func_in_func(id, self.build.func);
                self.functions.insert(name.to_string(), reference);
                reference
            }
        };
        let args: Vec<Vec<cl::Value>> = args.iter().map(|arg| self.scatter(args_of, arg)).collect();
        let mut words = Vec::new();
        for lane in 0..self.what.lanes {
            let args: Vec<cl::Value> = args.iter().map(|arg| arg[lane]).collect();
            let call = self.build.ins().call(function, &args);
            words.push(self.build.inst_results(call)[0]);
        }
        Ok(self.gather(Type::Float, words))
    }

    /// Addresses of the elements, and where an index is outside of the array.
    fn elements(&mut self, array: u32, index: &Lanes, at: u32) -> Vec<cl::Value> {
        let spot = self.what.layout.spots[array as usize];
        let len = i64::from(spot.len);
        let (mut made, mut bad) = (Vec::new(), Vec::new());
        for (lane, index) in index.0.iter().enumerate() {
            let from_end = self.build.ins().iadd_imm_s(*index, len);
            let negative = self.build.ins().icmp_imm_s(IntCC::SignedLessThan, *index, 0);
            let index = self.build.ins().select(negative, from_end, *index);
            let out = self.build.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, index, len);
            let zero = self.build.ins().iconst(types::I64, 0);
            let index = self.build.ins().select(out, zero, index);
            let base = self.arrays[array as usize][if spot.fixed { 0 } else { lane }];
            let offset = self.build.ins().ishl_imm_u(index, 3);
            made.push(self.build.ins().iadd(base, offset));
            bad.push(out);
        }
        self.blame(&bad, Blame::Index, at);
        made
    }

    pub(super) fn load(&mut self, array: u32, of: Type, index: &Lanes, at: u32) -> Lanes {
        let word = if of == Type::Float { types::F64 } else { types::I64 };
        let addresses = self.elements(array, index, at);
        let words = addresses
            .into_iter()
            .map(|address| self.build.ins().load(word, plain(), address, 0))
            .collect();
        self.gather(of, words)
    }

    pub(super) fn store(&mut self, array: u32, of: Type, index: &Lanes, value: &Lanes, at: u32) {
        let values = self.scatter(of, value);
        let addresses = self.elements(array, index, at);
        for (address, value) in addresses.into_iter().zip(values) {
            self.build.ins().store(plain(), value, address, 0);
        }
    }
}
