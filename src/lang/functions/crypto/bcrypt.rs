//! `bcrypt`: a slow, salted hash of a password.

use bcrypt::{Version, hash_with_salt};
use model::{Type, Value};

use crate::functions::protocol::{
    Arguments, CallContext, Function, FunctionError, Param, Purity, Returns, not_null,
};

const DEFAULT_COST: u32 = 10;
const LEAST_COST: u32 = 4;
const HIGHEST_COST: u32 = 31;
/// Bytes of a password that count.
const MAX_PASSWORD: usize = 72;

pub(super) const BCRYPT: Function = Function {
    name: "bcrypt",
    params: &[Param::string("str")],
    variadic: Some(Param::number("cost")),
    returns: Returns::Always(|| Type::String),
    call: |ctx, args, _| hash(ctx, args),
    refine: Some(not_null),
    purity: Purity::Impure,
    description: "the bcrypt hash of the password, another one each time",
};

fn hash(ctx: &CallContext<'_>, args: Arguments<'_>) -> Result<Value, FunctionError> {
    let password = args.string(0)?;
    if args.count() > 2 {
        return Err(FunctionError::argument(2, "there is more than one cost").without_values());
    }
    let cost = if args.count() == 2 {
        cost(args)?
    } else {
        DEFAULT_COST
    };
    if password.len() > MAX_PASSWORD {
        let message = format!(
            "the password has {} bytes, more than {MAX_PASSWORD}",
            password.len()
        );
        return Err(FunctionError::argument(0, message));
    }
    let mut salt = [0; 16];
    ctx.random.fill(&mut salt);
    let hash = hash_with_salt(password.as_bytes(), cost, salt)
        .map_err(|error| FunctionError::new(error.to_string().to_lowercase()).without_values())?;
    Ok(Value::string(hash.format_for_version(Version::TwoA)))
}

fn cost(args: Arguments<'_>) -> Result<u32, FunctionError> {
    let cost = args.number(1)?;
    let wrong = || {
        FunctionError::argument(
            1,
            format!("the cost {cost} is not a whole number up to {HIGHEST_COST}"),
        )
    };
    let whole = cost.to_i64().ok_or_else(wrong)?;
    // As in Terraform, a cost that is too low stands for the default.
    if whole < i64::from(LEAST_COST) {
        return Ok(DEFAULT_COST);
    }
    u32::try_from(whole)
        .ok()
        .filter(|cost| *cost <= HIGHEST_COST)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::run_json;

    #[test]
    fn a_hash_says_its_cost_and_belongs_to_the_password() {
        for (args, cost) in [
            (r#"["a", 4]"#, "$2a$04$"),
            (r#"["a", 5]"#, "$2a$05$"),
            (r#"["a", 3]"#, "$2a$10$"),
        ] {
            let hash = run_json("bcrypt", args).unwrap();
            let hash = hash.as_str().unwrap();
            assert!(hash.starts_with(cost), "{hash}");
            assert!(bcrypt::verify("a", hash).unwrap());
        }
    }

    #[test]
    fn costs_and_passwords_have_limits() {
        let long = format!(r#"["{}", 4]"#, "a".repeat(73));
        for args in [r#"["a", 32]"#, r#"["a", 4.5]"#, r#"["a", 4, 4]"#, &long] {
            assert!(run_json("bcrypt", args).is_err(), "{args}");
        }
    }
}
