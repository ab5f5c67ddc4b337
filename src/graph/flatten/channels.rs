//! Channels taken apart and put together: what `multiplex` is made of.

use super::*;

impl Flatten<'_> {
    /// One channel of the input, the `index`-th from 0; a sound of one channel is that channel.
    pub(super) fn channel(&mut self, node: &Node) -> Value {
        let input = node.inputs.first().map_or_else(Vec::new, |&i| self.visit(i));
        let index = match node.args.get("index") {
            Some(Arg::Number(x)) => *x as usize,
            _ => 0,
        };
        vec![pick(&input, index)]
    }

    /// The inputs as channels of one sound, all equally late: of the first input its first channel, of the second
    /// its second if it has two.
    pub(super) fn join(&mut self, id: NodeId, node: &Node) -> Value {
        let inputs = node.inputs.iter().take(2).enumerate();
        let wires: Vec<Wire> = inputs.map(|(i, &input)| pick(&self.visit(input), i)).collect();
        if wires.is_empty() {
            return vec![Wire::Const(0.0)];
        }
        self.aligned(id, node, wires)
    }
}

fn pick(value: &Value, index: usize) -> Wire {
    if value.is_empty() { Wire::Const(0.0) } else { value[index % value.len()] }
}
