//! What a reference names, as nodes.

use super::{Graph, ModuleId, NodeId, NodeKind};
use crate::reference::Subject;

impl Graph {
    /// The nodes that a reference, written in a module, names.
    pub fn targets(&self, module: ModuleId, subject: &Subject) -> Vec<NodeId> {
        let one = |kind: NodeKind| self.find(module, kind).into_iter().collect();
        match subject {
            Subject::Variable(name) => one(NodeKind::Variable(name.clone())),
            Subject::Local(name) => one(NodeKind::Local(name.clone())),
            Subject::Resource(name) => one(NodeKind::Resource(name.clone())),
            // All of a module: everything in it and below.
            Subject::Module(call) => {
                let Some(path) = self.module(module).map(|path| path.child(call.clone())) else {
                    return Vec::new();
                };
                let inside = |id: &ModuleId| {
                    self.module(*id)
                        .is_some_and(|found| found.0.starts_with(&path.0))
                };
                (0..)
                    .zip(&self.nodes)
                    .filter(|(_, node)| inside(&node.module))
                    .map(|(at, _)| NodeId(at))
                    .collect()
            }
            Subject::Output(call, output) => {
                let child = self
                    .module(module)
                    .and_then(|path| self.module_id(&path.child(call.clone())));
                child
                    .and_then(|child| self.find(child, NodeKind::Output(output.clone())))
                    .into_iter()
                    .collect()
            }
            Subject::Path(_)
            | Subject::Terraform(_)
            | Subject::CountIndex
            | Subject::EachKey
            | Subject::EachValue
            | Subject::This => Vec::new(),
        }
    }
}
