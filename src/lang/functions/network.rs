//! Functions on IP address ranges.

mod prefix;

use model::{Number, Type, Value};
use num_bigint::BigInt;

use self::prefix::{Prefix, Range};
use super::protocol::{Arguments, Function, FunctionError, Param, Purity, Returns, not_null};
use super::text_function::text_function;

pub(super) const FUNCTIONS: &[Function] =
    &[CIDRCONTAINS, CIDRHOST, CIDRNETMASK, CIDRSUBNET, CIDRSUBNETS];

const CIDRCONTAINS: Function = Function {
    name: "cidrcontains",
    params: &[
        Param::string("containing_prefix"),
        Param::string("contained"),
    ],
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |_, args, _| {
        let outer = prefix_at(args, 0)?;
        let text = args.string(1)?;
        let inner = Range::parse(text).ok_or_else(|| {
            let message = format!(
                "`{text}` is neither an IP address nor a range of them such as `10.0.0.0/8`"
            );
            FunctionError::argument(1, message)
        })?;
        let contains = outer.contains(inner).ok_or_else(|| {
            FunctionError::new("one argument is IPv4, the other IPv6").without_values()
        })?;
        Ok(Value::from(contains))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether an IP address or range lies within a range",
};

const CIDRHOST: Function = text_function(
    "cidrhost",
    &[Param::string("prefix"), Param::number("hostnum")],
    |_, args, _| {
        let prefix = prefix_at(args, 0)?;
        let number = whole(args, 1)?;
        let address = prefix.host(&number).ok_or_else(|| {
            FunctionError::argument(
                1,
                format!(
                    "host {number} does not exist in {prefix}, which has {} addresses",
                    prefix.addresses()
                ),
            )
        })?;
        Ok(Value::string(address))
    },
    "an address of a range, by its number",
);

const CIDRNETMASK: Function = text_function(
    "cidrnetmask",
    &[Param::string("prefix")],
    |_, args, _| {
        let prefix = prefix_at(args, 0)?;
        let mask = prefix.netmask().ok_or_else(|| {
            FunctionError::argument(0, format!("{prefix} is IPv6, where netmasks are not used"))
        })?;
        Ok(Value::string(mask))
    },
    "the netmask of an IPv4 range",
);

const CIDRSUBNET: Function = text_function(
    "cidrsubnet",
    &[
        Param::string("prefix"),
        Param::number("newbits"),
        Param::number("netnum"),
    ],
    |_, args, _| {
        let prefix = prefix_at(args, 0)?;
        let new_bits = machine_integer(args.number(1)?, 1)?;
        let number = whole(args, 2)?;
        if !prefix.can_extend(new_bits) {
            let message = format!("{prefix} cannot be extended by {new_bits} bits");
            return Err(FunctionError::argument(1, message));
        }
        let subnet = prefix.subnet(new_bits, &number).ok_or_else(|| {
            let message =
                format!("{new_bits} more bits do not have room for a subnet numbered {number}");
            FunctionError::argument(2, message)
        })?;
        Ok(Value::string(subnet))
    },
    "a range within a range, by its number",
);

const CIDRSUBNETS: Function = Function {
    name: "cidrsubnets",
    params: &[Param::string("prefix")],
    variadic: Some(Param::number("newbits")),
    returns: Returns::Always(|| Type::list(Type::String)),
    call: |_, args, _| {
        let prefix = prefix_at(args, 0)?;
        let mut next = prefix.subnets();
        let mut subnets = Vec::new();
        for (index, new_bits) in args.rest(1).iter().enumerate() {
            let index = index + 1;
            let wrong = |message: String| FunctionError::argument(index, message);
            let new_bits = new_bits
                .as_number()
                .map_or(Ok(0), |bits| machine_integer(bits, index))?;
            // A limit of Terraform's, to keep what it computes with in a machine integer.
            if !(1..=32).contains(&new_bits) {
                return Err(wrong(format!(
                    "{prefix} is to be extended by {new_bits} bits, must be 1 to 32"
                )));
            }
            if !prefix.can_extend(new_bits) {
                return Err(wrong(format!(
                    "{prefix} cannot be extended by {new_bits} bits"
                )));
            }
            let subnet = next.take(new_bits).ok_or_else(|| {
                wrong(format!(
                    "{prefix} has no room left for another subnet with {new_bits} more bits"
                ))
            })?;
            subnets.push(Value::string(subnet));
        }
        Ok(Value::list(Type::String, subnets))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "consecutive ranges within a range",
};

fn prefix_at(args: Arguments<'_>, index: usize) -> Result<Prefix, FunctionError> {
    let text = args.string(index)?;
    Prefix::parse(text).ok_or_else(|| {
        let message = format!("`{text}` is not a range of IP addresses such as `10.0.0.0/8`");
        FunctionError::argument(index, message)
    })
}

fn whole(args: Arguments<'_>, index: usize) -> Result<BigInt, FunctionError> {
    let number = args.number(index)?;
    number
        .to_bigint()
        .ok_or_else(|| FunctionError::argument(index, format!("{number} is not a whole number")))
}

fn machine_integer(number: &Number, index: usize) -> Result<i64, FunctionError> {
    number.to_i64().ok_or_else(|| {
        FunctionError::argument(index, format!("{number} is not a whole number of 64 bits"))
    })
}

#[cfg(test)]
mod tests {
    use model::Value;

    use super::super::testing::{fails, gives, strings};

    #[test]
    fn hosts_are_counted_from_both_ends() {
        for (args, address) in [
            (r#"["10.0.0.5/30", 1]"#, "10.0.0.5"),
            (r#"["10.0.0.0/8", -1]"#, "10.255.255.255"),
            (r#"["10.0.0.0/8", -16777216]"#, "10.0.0.0"),
            (
                r#"["fd00:fd12:3456:7890:00a2::/72", 34]"#,
                "fd00:fd12:3456:7890::22",
            ),
            (
                r#"["::/0", 340282366920938463463374607431768211455]"#,
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
        ] {
            gives("cidrhost", args, address.into());
        }
        fails(
            "cidrhost",
            r#"["10.0.0.0/30", -5]"#,
            "host -5 does not exist in 10.0.0.0/30, which has 4 addresses",
        );
        fails(
            "cidrhost",
            r#"["10.0.0.0/8", 1.5]"#,
            "1.5 is not a whole number",
        );
        fails(
            "cidrhost",
            r#"["x", 1]"#,
            "`x` is not a range of IP addresses such as `10.0.0.0/8`",
        );
    }

    #[test]
    fn subnets_are_found_by_number() {
        gives(
            "cidrsubnet",
            r#"["10.1.2.3/8", 8, 1]"#,
            "10.1.0.0/16".into(),
        );
        gives(
            "cidrsubnet",
            r#"["fd00::/8", 120, 5]"#,
            "fd00::5/128".into(),
        );
        fails(
            "cidrsubnet",
            r#"["10.0.0.0/8", 25, 0]"#,
            "10.0.0.0/8 cannot be extended by 25 bits",
        );
        fails(
            "cidrsubnet",
            r#"["10.0.0.0/8", 8, 256]"#,
            "8 more bits do not have room for a subnet numbered 256",
        );
    }

    #[test]
    fn subnets_follow_each_other() {
        let wanted = strings(["10.0.0.0/24", "10.0.1.0/24", "10.0.16.0/20"]);
        gives("cidrsubnets", r#"["10.0.0.0/16", 8, 8, 4]"#, wanted);
        gives("cidrsubnets", r#"["10.0.0.0/16"]"#, strings([]));
        fails(
            "cidrsubnets",
            r#"["10.0.0.0/8", 0]"#,
            "10.0.0.0/8 is to be extended by 0 bits, must be 1 to 32",
        );
        fails(
            "cidrsubnets",
            r#"["fd00::/100", 29]"#,
            "fd00::/100 cannot be extended by 29 bits",
        );
        fails(
            "cidrsubnets",
            r#"["10.0.0.0/24", 1, 1, 1]"#,
            "10.0.0.0/24 has no room left for another subnet with 1 more bits",
        );
    }

    #[test]
    fn netmasks_are_for_ipv4() {
        gives("cidrnetmask", r#"["10.0.0.0/12"]"#, "255.240.0.0".into());
        gives("cidrnetmask", r#"["0.0.0.0/0"]"#, "0.0.0.0".into());
        fails(
            "cidrnetmask",
            r#"["fd00::/8"]"#,
            "fd00::/8 is IPv6, where netmasks are not used",
        );
    }

    #[test]
    fn addresses_and_ranges_are_contained() {
        for (args, wanted) in [
            (r#"["192.168.2.0/20", "192.168.2.1"]"#, true),
            (r#"["192.168.2.0/20", "192.168.2.0/22"]"#, true),
            (r#"["192.168.2.0/20", "192.126.2.1"]"#, false),
            (r#"["192.168.0.0/20", "192.168.0.0/19"]"#, false),
            (r#"["fe80::/48", "fe80::1"]"#, true),
            (r#"["fe80::/48", "fe81::1"]"#, false),
        ] {
            gives("cidrcontains", args, Value::from(wanted));
        }
        fails(
            "cidrcontains",
            r#"["10.0.0.0/8", "::1"]"#,
            "one argument is IPv4, the other IPv6",
        );
        fails(
            "cidrcontains",
            r#"["10.0.0.0/8", "x"]"#,
            "`x` is neither an IP address nor a range of them such as `10.0.0.0/8`",
        );
    }
}
