//! Functions on time. A moment is text as RFC 3339 has it.

mod duration;
mod format;
pub(super) mod moment;
mod parse;

use model::{Type, Value};

use super::protocol::{Arguments, Function, FunctionError, Param, Purity, Returns, not_null};
use super::text_function::text_function;
use moment::{Moment, Strictness};

pub(super) const FUNCTIONS: &[Function] = &[FORMATDATE, PLANTIMESTAMP, TIMEADD, TIMECMP, TIMESTAMP];

const FORMATDATE: Function = text_function(
    "formatdate",
    &[Param::string("format"), Param::string("time")],
    |_, args, _| {
        let moment = moment_in(args, 1, Strictness::Strict)?;
        let text = format::format(args.string(0)?, &moment);
        text.map(Value::string)
            .map_err(|reason| FunctionError::argument(0, reason))
    },
    "the moment written in a format of `YYYY`, `MM`, `DD`, `hh`, `mm`, `ss` and others",
);

const TIMEADD: Function = Function {
    name: "timeadd",
    params: &[Param::string("timestamp"), Param::string("duration")],
    variadic: None,
    returns: Returns::Always(|| Type::String),
    call: |_, args, _| {
        let moment = moment_in(args, 0, Strictness::Strict)?;
        let nanoseconds = duration::parse(args.string(1)?)
            .map_err(|reason| FunctionError::argument(1, reason))?;
        Ok(Value::string(moment.plus(nanoseconds).to_rfc3339()))
    },
    // Terraform, too, does not say of this one that it is never null.
    refine: None,
    purity: Purity::Pure,
    description: "the moment so much later, as in `1h30m`",
};

const TIMECMP: Function = Function {
    name: "timecmp",
    params: &[Param::string("timestamp_a"), Param::string("timestamp_b")],
    variadic: None,
    returns: Returns::Always(|| Type::Number),
    call: |_, args, _| {
        let a = moment_in(args, 0, Strictness::Lenient)?;
        let b = moment_in(args, 1, Strictness::Lenient)?;
        Ok(Value::int(a.instant().cmp(&b.instant()) as i64))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "-1, 0 or 1, as the first moment is before, the same as or after the second",
};

const TIMESTAMP: Function = Function {
    purity: Purity::Impure,
    ..text_function(
        "timestamp",
        &[],
        |ctx, _, _| {
            Ok(Value::string(
                Moment::from_milliseconds(ctx.clock.now().0).to_rfc3339(),
            ))
        },
        "the time of the apply",
    )
};

const PLANTIMESTAMP: Function = text_function(
    "plantimestamp",
    &[],
    |ctx, _, _| match ctx.plan_time {
        Some(time) => Ok(Value::string(
            Moment::from_milliseconds(time.0).to_rfc3339(),
        )),
        None => Err(
            FunctionError::new("there is no plan here whose time it could give").without_values(),
        ),
    },
    "the time of the plan",
);

fn moment_in(
    args: Arguments<'_>,
    index: usize,
    strictness: Strictness,
) -> Result<Moment, FunctionError> {
    let text = args.string(index)?;
    Moment::parse(text, strictness).map_err(|reason| {
        FunctionError::argument(
            index,
            format!("`{text}` is not a moment as RFC 3339 writes it: {reason}"),
        )
    })
}
