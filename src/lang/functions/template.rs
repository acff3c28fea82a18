//! Functions that evaluate templates. The text is evaluated by
//! `crate::eval::render(name: &str, text: &str, vars: &Value, ctx: &CallContext) -> Result<Value, FunctionError>`,
//! which also counts `template_depth`.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
