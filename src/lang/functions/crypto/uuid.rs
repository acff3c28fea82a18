//! Universally unique identifiers: random ones, and those that a name has in a namespace.

use model::Value;
use uuid::{Builder, Uuid};

use crate::functions::protocol::{Function, FunctionError, Param, Purity};
use crate::functions::text_function::text_function;

pub(super) const UUID: Function = Function {
    purity: Purity::Impure,
    ..text_function(
        "uuid",
        &[],
        |ctx, _, _| {
            let mut bytes = [0; 16];
            ctx.random.fill(&mut bytes);
            Ok(Value::string(
                Builder::from_random_bytes(bytes).into_uuid().to_string(),
            ))
        },
        "a random UUID, another one each time",
    )
};

pub(super) const UUIDV5: Function = text_function(
    "uuidv5",
    &[Param::string("namespace"), Param::string("name")],
    |_, args, _| {
        let namespace = args.string(0)?;
        let uuid = match namespace.as_str() {
            "dns" => Uuid::NAMESPACE_DNS,
            "url" => Uuid::NAMESPACE_URL,
            "oid" => Uuid::NAMESPACE_OID,
            "x500" => Uuid::NAMESPACE_X500,
            other => Uuid::try_parse(other).map_err(|_| {
                let message =
                    format!("`{other}` is neither `dns`, `url`, `oid` or `x500` nor a UUID");
                FunctionError::argument(0, message)
            })?,
        };
        Ok(Value::string(
            Uuid::new_v5(&uuid, args.string(1)?.as_bytes()).to_string(),
        ))
    },
    "the UUID of version 5 that the name has in the namespace",
);

#[cfg(test)]
mod tests {
    use crate::functions::testing::{gives, run_json};

    #[test]
    fn namespaces_have_names_or_identifiers() {
        for (namespace, wanted) in [
            ("dns", "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a"),
            ("url", "4cd605e7-afa2-5360-b5b9-c5e9fb5c76f4"),
            ("oid", "8558d34a-d3c6-5881-a6e3-bf8f3e6110ea"),
            ("x500", "456e503f-63e3-56c1-b807-4cd79bf8cc22"),
            (
                "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a",
            ),
            (
                "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a",
            ),
            (
                "6BA7B8109DAD11D180B400C04FD430C8",
                "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a",
            ),
        ] {
            gives("uuidv5", &format!(r#"["{namespace}", "x"]"#), wanted.into());
        }
        assert!(run_json("uuidv5", r#"["DNS", "x"]"#).is_err());
    }

    #[test]
    fn random_identifiers_say_their_version() {
        gives("uuid", "[]", "07070707-0707-4707-8707-070707070707".into());
    }
}
