//! `random_string`, and `random_password` whose result is a secret.

use contract::{PlanRequest, PlanResponse, ProviderError};
use model::schema::Attribute;
use model::{Type, Value};

use super::{keepers, wrong};
use crate::kind::RecordType;
use crate::world::{Entropy, World, below, shuffle};
use contract::attributes::{self, flag, whole};
use contract::rules::{Rules, When};

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";
const SWITCHES: [&str; 5] = ["special", "upper", "lower", "number", "numeric"];
const MINIMA: [&str; 4] = ["min_upper", "min_lower", "min_numeric", "min_special"];
const MOST_CHARACTERS: i64 = 1 << 20;
/// bcrypt looks at no more bytes than this.
const BCRYPT_BYTES: usize = 72;

/// A string of random characters.
#[derive(Debug)]
pub(super) struct RandomString {
    rules: Rules,
    world: World,
    secrecy: Secrecy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secrecy {
    Open,
    Secret,
}

impl RandomString {
    /// `random_string`.
    pub(super) fn string(world: World) -> Self {
        let result = Attribute::computed(Type::String).describe("The string.");
        let id = Attribute::computed(Type::String).describe("The string.");
        let rules = rules([("result", result), ("id", id)]).version(2);
        Self {
            rules: rules.describe("A string of random characters."),
            world,
            secrecy: Secrecy::Open,
        }
    }

    /// `random_password`.
    pub(super) fn password(world: World) -> Self {
        let secret = || Attribute::computed(Type::String).sensitive();
        let rules = rules([
            ("result", secret().describe("The password.")),
            (
                "bcrypt_hash",
                secret().describe("A bcrypt hash of the password's first 72 bytes."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("Always `none`."),
            ),
        ]);
        let rules = rules
            .version(3)
            .describe("A string of random characters, kept secret.");
        Self {
            rules,
            world,
            secrecy: Secrecy::Secret,
        }
    }

    /// What is made of the string besides it.
    fn made(&self, result: &str) -> Result<Vec<(&'static str, Value)>, ProviderError> {
        let mut made = vec![("result", Value::from(result))];
        match self.secrecy {
            Secrecy::Open => made.push(("id", Value::from(result))),
            Secrecy::Secret => {
                made.push(("id", Value::from("none")));
                made.push(("bcrypt_hash", Value::string(self.bcrypt_hash(result)?)));
            }
        }
        Ok(made)
    }

    fn bcrypt_hash(&self, result: &str) -> Result<String, ProviderError> {
        let mut salt = [0; 16];
        self.world.entropy.fill(&mut salt)?;
        let bytes = result.as_bytes();
        let bytes = bytes.get(..BCRYPT_BYTES).unwrap_or(bytes);
        let parts = bcrypt::hash_with_salt(bytes, bcrypt::DEFAULT_COST.min(10), salt);
        let parts = parts.map_err(|_| ProviderError::permanent("the password cannot be hashed"))?;
        Ok(parts.format_for_version(bcrypt::Version::TwoA))
    }
}

fn rules<const N: usize>(results: [(&'static str, Attribute); N]) -> Rules {
    let switch = |what: &str| {
        Attribute::optional_computed(Type::Bool)
            .describe(&format!("{what} may occur; true when left out."))
    };
    let least = |what: &str| {
        Attribute::optional_computed(Type::Number)
            .describe(&format!("So many {what} at least; 0 when left out."))
    };
    let number = Attribute {
        deprecated: Some("use `numeric`".into()),
        ..switch("Digits")
    };
    let inputs = [
        keepers(),
        (
            "length",
            Attribute::required(Type::Number).describe("How many characters, at least 1."),
        ),
        ("special", switch("Special characters")),
        ("upper", switch("Upper-case letters")),
        ("lower", switch("Lower-case letters")),
        ("numeric", switch("Digits")),
        ("number", number),
        ("min_special", least("special characters")),
        ("min_upper", least("upper-case letters")),
        ("min_lower", least("lower-case letters")),
        ("min_numeric", least("digits")),
        (
            "override_special",
            Attribute::optional(Type::String).describe("The special characters to choose from."),
        ),
    ];
    let rules = Rules::new(inputs.into_iter().chain(results));
    let rules = SWITCHES
        .into_iter()
        .fold(rules, |rules, name| rules.default(name, true));
    MINIMA
        .into_iter()
        .fold(rules, |rules, name| rules.default(name, Value::int(0)))
        .replace(When::ChangedBeyondNulls, ["keepers"])
        .replace(When::Changed, ["length"])
        .replace(When::Changed, SWITCHES)
        .replace(When::Changed, MINIMA)
        .replace(When::ChangedBeyondEmpty, ["override_special"])
}

impl RecordType for RandomString {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let mut found = Vec::new();
        if let Some(length) = whole(config, "length") {
            let least: i64 = MINIMA.iter().fold(0, |sum, name| {
                sum.saturating_add(whole(config, name).unwrap_or(0).max(0))
            });
            if !(1..=MOST_CHARACTERS).contains(&length) {
                let message = format!("`length` is {length}, must be from 1 to {MOST_CHARACTERS}");
                found.push(wrong("length", message));
            } else if length < least {
                let message =
                    format!("`length` is {length}, but the `min_*` arguments ask for {least}");
                found.push(wrong("length", message));
            }
        }
        for name in MINIMA {
            if let Some(least) = whole(config, name).filter(|least| *least < 0) {
                found.push(wrong(
                    name,
                    format!("`{name}` is {least}, must be at least 0"),
                ));
            }
        }
        let off = |name: &str| flag(config, name) == Some(false);
        if off("special") && off("upper") && off("lower") && (off("numeric") || off("number")) {
            let message = "one of `special`, `upper`, `lower` and `numeric` must be true";
            found.push(wrong("special", message));
        }
        if let (Some(number), Some(numeric)) = (flag(config, "number"), flag(config, "numeric"))
            && number != numeric
        {
            let message =
                format!("`number` is {number} and `numeric` is {numeric}: leave out `number`");
            found.push(wrong("number", message));
        }
        found
    }

    fn plan(&self, mut request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        // `number` is the old name of `numeric`: whichever is given holds for both.
        let (number, numeric) = (request.config.get("number"), request.config.get("numeric"));
        let given = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
        if let Some(value) = given(numeric).or_else(|| given(number)) {
            let both = || [("number", value.clone()), ("numeric", value.clone())];
            request.proposed = attributes::with(&request.proposed, both());
            request.config = attributes::with(&request.config, both());
        }
        Ok(self.rules.plan(request))
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        let result = random_string(&*self.world.entropy, &planned)?;
        Ok(attributes::with(&planned, self.made(&result)?))
    }

    fn is_slow(&self) -> bool {
        self.secrecy == Secrecy::Secret
    }

    fn upgrade(&self, stored: &Value) -> Result<Value, ProviderError> {
        let mut upgraded = self.rules.upgrade(stored);
        if attributes::is_null(stored, "numeric") && !attributes::is_null(stored, "number") {
            let number = stored.get("number").cloned().unwrap_or(Value::Bool(true));
            upgraded = attributes::with(&upgraded, [("numeric", number)]);
        }
        if self.secrecy == Secrecy::Secret && attributes::is_null(&upgraded, "bcrypt_hash") {
            let result = attributes::text(&upgraded, "result")
                .unwrap_or_default()
                .to_owned();
            let hash = Value::string(self.bcrypt_hash(&result)?);
            upgraded = attributes::with(&upgraded, [("bcrypt_hash", hash)]);
        }
        Ok(upgraded)
    }

    fn import(&self, id: &str) -> Result<Value, ProviderError> {
        let length = Value::int(i64::try_from(id.chars().count()).unwrap_or(i64::MAX));
        let switches = SWITCHES.map(|name| (name, Value::Bool(true)));
        let minima = MINIMA.map(|name| (name, Value::int(0)));
        let known = switches
            .into_iter()
            .chain(minima)
            .chain([("length", length)]);
        Ok(attributes::with(&self.rules.object(known), self.made(id)?))
    }
}

fn random_string(entropy: &dyn Entropy, planned: &Value) -> Result<String, ProviderError> {
    let special = attributes::text(planned, "override_special").filter(|own| !own.is_empty());
    let sets: [(&str, &str, &str); 4] = [
        ("upper", "min_upper", UPPER),
        ("lower", "min_lower", LOWER),
        ("numeric", "min_numeric", DIGITS),
        ("special", "min_special", special.unwrap_or(SPECIAL)),
    ];
    let length = whole(planned, "length")
        .unwrap_or(0)
        .clamp(0, MOST_CHARACTERS);
    let mut result: Vec<char> = Vec::new();
    let mut all: Vec<char> = Vec::new();
    for (switch, minimum, set) in sets {
        let characters: Vec<char> = set.chars().collect();
        for _ in 0..whole(planned, minimum).unwrap_or(0).min(length) {
            result.push(choose(entropy, &characters)?);
        }
        if flag(planned, switch).unwrap_or(true) {
            all.extend(characters);
        }
    }
    while (result.len() as u64) < length.unsigned_abs() {
        result.push(choose(entropy, &all)?);
    }
    shuffle(entropy, &mut result)?;
    Ok(result.into_iter().collect())
}

fn choose(entropy: &dyn Entropy, characters: &[char]) -> Result<char, ProviderError> {
    let at = below(entropy, characters.len() as u64)?;
    let chosen = usize::try_from(at).ok().and_then(|at| characters.get(at));
    chosen
        .copied()
        .ok_or_else(|| ProviderError::permanent("there are no characters to choose from"))
}
