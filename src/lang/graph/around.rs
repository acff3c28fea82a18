//! What `count`, `each` and `self` are about where an expression stands, as far as it is written.

use model::{Diagnostic, Span};

use super::NodeId;
use crate::load::Repeat;
use crate::reference::Subject;

/// The block around an expression.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// It has `count`.
    count: bool,
    /// It has `for_each`.
    each: bool,
    /// The resource block that `self` is an instance of.
    pub(super) this: Option<NodeId>,
}

impl Around {
    /// In a block that is repeated so, outside of what may say `self`.
    pub(super) fn of(repeat: &Repeat) -> Self {
        Self {
            count: matches!(repeat, Repeat::Count(_)),
            each: matches!(repeat, Repeat::ForEach(_)),
            this: None,
        }
    }

    /// The same where `self` is an instance of that block.
    pub(super) fn with_self(self, this: Option<NodeId>) -> Self {
        Self { this, ..self }
    }

    /// Whether that means something here.
    pub(super) fn has(&self, subject: &Subject) -> bool {
        match subject {
            Subject::CountIndex => self.count,
            Subject::EachKey | Subject::EachValue => self.each,
            Subject::This => self.this.is_some(),
            Subject::Variable(_)
            | Subject::Local(_)
            | Subject::Resource(_)
            | Subject::Module(_)
            | Subject::Output(..)
            | Subject::Path(_)
            | Subject::Terraform(_) => true,
        }
    }
}

/// What means nothing where it stands: `count`, `each` and `self` outside of what they are about.
pub(crate) fn meaningless(subject: &Subject, span: Span) -> Diagnostic {
    let (name, help) = match subject {
        Subject::CountIndex => ("count.index", "it stands only in a block with `count`"),
        Subject::EachKey => ("each.key", "it stands only in a block with `for_each`"),
        Subject::EachValue => ("each.value", "it stands only in a block with `for_each`"),
        Subject::This
        | Subject::Variable(_)
        | Subject::Local(_)
        | Subject::Resource(_)
        | Subject::Module(_)
        | Subject::Output(..)
        | Subject::Path(_)
        | Subject::Terraform(_) => (
            "self",
            "it stands only in a postcondition, a provisioner or a connection",
        ),
    };
    Diagnostic::error("unknown-reference", format!("`{name}` has no meaning here"))
        .at(span, "")
        .help(help)
}
