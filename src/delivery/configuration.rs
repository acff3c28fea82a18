//! Configuration: the variables that an environment gave a revision, without the inputs, which are the revision's own.
//! What a run used is kept with it, so that a rollback restores both. Data only.

use std::collections::BTreeMap;

use engine::codec::{self, CodecError};
use model::{Marks, Str, Value};
use state::{Payload, Protection};

use crate::project::Project;

/// Makes what the record keeps of an environment's variables: the same bytes for the same variables, sealed where any is
/// sensitive. Ephemeral ones are never kept.
///
/// # Errors
/// When they cannot be encoded, which no value makes happen.
pub fn payload(project: &Project, variables: &BTreeMap<Str, Value>) -> Result<Payload, CodecError> {
    let kept: BTreeMap<&Str, &Value> = variables
        .iter()
        .filter(|(name, value)| {
            !project.file.inputs.contains_key(*name) && !value.marks().contains(Marks::EPHEMERAL)
        })
        .collect();
    let protection = if kept.values().any(|value| value.has_marks()) {
        Protection::Sealed
    } else {
        Protection::Plain
    };
    Ok(Payload::new(codec::encode(&kept)?, protection))
}

/// Reads what [`payload`] made.
///
/// # Errors
/// When the bytes are damaged or from a newer Terrace.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<Str, Value>, CodecError> {
    codec::decode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn project(text: &str) -> Project {
        let (file, found) = lang::project::read(model::FileId(0), text);
        assert!(!found.has_errors(), "{found:?}");
        Project {
            directory: PathBuf::new(),
            base: PathBuf::new(),
            file,
            has_file: true,
            undeclared: Vec::new(),
            checkout: None,
            sources: model::Sources::default(),
        }
    }

    #[test]
    fn variables_are_kept_without_inputs_and_ephemeral_ones() {
        let project = project("input \"version\" {}\nenvironment \"test\" {}");
        let value = |text: &str| Value::string(text);
        let mut variables: BTreeMap<Str, Value> = [
            ("version".into(), value("1.9")),
            ("size".into(), Value::int(2)),
            ("token".into(), value("t").mark(Marks::EPHEMERAL)),
        ]
        .into();
        let plain = payload(&project, &variables).unwrap();
        assert_eq!(plain.protection, Protection::Plain);
        let kept = read(&plain.bytes).unwrap();
        assert_eq!(kept, [("size".into(), Value::int(2))].into());
        variables.insert("version".into(), value("2.0"));
        assert_eq!(payload(&project, &variables).unwrap().bytes, plain.bytes);
        let secret = value("tiger").mark(Marks::SENSITIVE);
        variables.insert("password".into(), secret.clone());
        let sealed = payload(&project, &variables).unwrap();
        assert_eq!(sealed.protection, Protection::Sealed);
        let kept = read(&sealed.bytes).unwrap();
        assert_eq!(kept.get("password"), Some(&secret));
    }
}
