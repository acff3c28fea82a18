//! Whether all or any of several conditions hold.

use model::{Type, Value};

use crate::functions::protocol::{Function, Param, Purity, Returns, not_null};

const CONDITIONS: &[Param] = &[Param::new("list", || Type::list(Type::Bool))];

pub(super) const ALLTRUE: Function = Function {
    name: "alltrue",
    params: CONDITIONS,
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |_, args, _| {
        // The first that is not known to be true decides, as in Terraform.
        let first = args
            .items(0)?
            .iter()
            .find(|item| item.as_bool() != Some(true));
        Ok(match first {
            None => Value::from(true),
            Some(item) if item.is_known() => Value::from(false),
            Some(_) => Value::unknown(Type::Bool),
        })
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether all elements are true; a null is not",
};

pub(super) const ANYTRUE: Function = Function {
    name: "anytrue",
    params: CONDITIONS,
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |_, args, _| {
        let items = args.items(0)?;
        Ok(if items.iter().any(|item| item.as_bool() == Some(true)) {
            Value::from(true)
        } else if items.iter().all(Value::is_known) {
            Value::from(false)
        } else {
            Value::unknown(Type::Bool)
        })
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether any element is true",
};

#[cfg(test)]
mod tests {
    use model::{Type, Value};

    use crate::functions::testing::{gives, run};

    #[test]
    fn conditions_are_joined() {
        gives("alltrue", r#"[[true, "true", "1"]]"#, true.into());
        gives("alltrue", "[[true, null]]", false.into());
        gives("alltrue", "[[]]", true.into());
        gives("anytrue", "[[null, true]]", true.into());
        gives("anytrue", "[[null]]", false.into());
        gives("anytrue", "[[]]", false.into());
    }

    #[test]
    fn unknown_conditions_leave_open_what_they_can_change() {
        let unknown = Value::unknown(Type::Bool);
        let open = Value::unknown_not_null(Type::Bool);
        let with = |name, first: Value, second: Value| {
            run(name, vec![Value::tuple(vec![first, second])]).unwrap()
        };
        assert_eq!(with("alltrue", false.into(), unknown.clone()), false.into());
        assert_eq!(with("alltrue", true.into(), unknown.clone()), open);
        assert_eq!(with("anytrue", unknown.clone(), true.into()), true.into());
        assert_eq!(with("anytrue", unknown, false.into()), open);
    }
}
