//! Override files: their blocks change same-named blocks of the other files, argument by argument.

use model::{Diagnostic, Diagnostics};

use crate::syntax::ast::{Block, Body};

/// Merges the blocks of an override file into the bodies read before it (Terraform's rules: arguments replace
/// arguments, nested blocks replace all blocks of their kind, `lifecycle` merges by argument).
pub(super) fn override_with(bodies: &mut [Body], overriding: Body) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for block in overriding.blocks {
        match block.kind.text.as_str() {
            "moved" | "import" | "removed" | "check" => diagnostics.push(
                Diagnostic::error(
                    "unsupported",
                    format!("a `{}` block cannot be overridden", block.kind.text),
                )
                .at(block.header, "")
                .help("move it to a file that is not an override file"),
            ),
            "locals" => merge_locals(bodies, block),
            "terraform" | "provider" if find(bodies, &block).is_none() => add(bodies, block),
            _ => match find(bodies, &block) {
                Some(base) => merge_block(base, block),
                None => diagnostics.push(
                    Diagnostic::error(
                        "missing-block",
                        "an override file changes a block that is not there",
                    )
                    .at(block.header, "no such block in the other files")
                    .help("declare it in a file that is not an override file"),
                ),
            },
        }
    }
    diagnostics
}

fn same(a: &Block, b: &Block) -> bool {
    a.kind.text == b.kind.text
        && a.labels.len() == b.labels.len()
        && a.labels
            .iter()
            .zip(&b.labels)
            .all(|(a, b)| a.text == b.text)
}

fn find<'b>(bodies: &'b mut [Body], block: &Block) -> Option<&'b mut Block> {
    bodies
        .iter_mut()
        .flat_map(|body| &mut body.blocks)
        .find(|base| same(base, block))
}

fn add(bodies: &mut [Body], block: Block) {
    if let Some(body) = bodies.last_mut() {
        body.blocks.push(block);
    }
}

fn merge_locals(bodies: &mut [Body], block: Block) {
    let mut rest = Vec::new();
    for attribute in block.body.attributes.iter().cloned() {
        let base = bodies
            .iter_mut()
            .flat_map(|body| &mut body.blocks)
            .filter(|base| base.kind.text == "locals")
            .flat_map(|base| &mut base.body.attributes)
            .find(|base| base.name.text == attribute.name.text);
        match base {
            Some(base) => *base = attribute,
            None => rest.push(attribute),
        }
    }
    if !rest.is_empty() {
        add(
            bodies,
            Block {
                body: Body {
                    attributes: rest,
                    ..block.body
                },
                ..block
            },
        );
    }
}

fn merge_block(base: &mut Block, block: Block) {
    for attribute in block.body.attributes {
        match base
            .body
            .attributes
            .iter_mut()
            .find(|old| old.name.text == attribute.name.text)
        {
            Some(old) => *old = attribute,
            None => base.body.attributes.push(attribute),
        }
    }
    let (lifecycle, others): (Vec<Block>, Vec<Block>) = block
        .body
        .blocks
        .into_iter()
        .partition(|nested| nested.kind.text == "lifecycle");
    for nested in lifecycle {
        match base
            .body
            .blocks
            .iter_mut()
            .find(|old| old.kind.text == "lifecycle")
        {
            Some(old) => merge_block(old, nested),
            None => base.body.blocks.push(nested),
        }
    }
    base.body.blocks.retain(|old| {
        others
            .iter()
            .all(|nested| generated(nested) != generated(old))
    });
    base.body.blocks.extend(others);
}

/// The kind of block that a block stands for: a `dynamic "x"` block stands for `x` blocks.
fn generated(block: &Block) -> &str {
    match block.labels.first() {
        Some(label) if block.kind.text == "dynamic" => &label.text,
        _ => &block.kind.text,
    }
}
