//! The resource types of the simulated cloud: attributes, rules of planning, and what depends on what.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::rules::{Rules, When};
use contract::{ErrorClass, PlanRequest, PlanResponse, ProviderError, attributes};
use model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use model::{Path, Str, Type, Value};

use crate::world::Contents;

/// A resource type.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The schema and the rules of planning.
    pub(crate) rules: Rules,
    /// Begins the ids of its objects.
    prefix: &'static str,
    /// Computed attributes besides `id` and `status`, each with what it is made of.
    computed: &'static [(&'static str, Made)],
    /// The attribute that names an object of another type, and that type.
    parent: Option<(&'static str, &'static str)>,
}

/// What a computed attribute is made of.
#[derive(Clone, Copy, Debug)]
enum Made {
    /// The object's number: an address that stays.
    Address,
    /// The object's number and its size: an address that changes when it is resized.
    SizedAddress,
    /// The object's name.
    Endpoint,
}

/// All resource types by name.
pub(crate) fn all() -> BTreeMap<&'static str, Kind> {
    BTreeMap::from([
        ("sim_network", network()),
        ("sim_server", server()),
        ("sim_volume", volume()),
        ("sim_database", database()),
    ])
}

fn common() -> [(&'static str, Attribute); 4] {
    [
        (
            "name",
            Attribute::required(Type::String).describe("What people call it."),
        ),
        (
            "tags",
            Attribute::optional(Type::map(Type::String)).describe("Words about it."),
        ),
        (
            "id",
            Attribute::computed(Type::String).describe("What the cloud calls it."),
        ),
        (
            "status",
            Attribute::computed(Type::String)
                .describe("`ready`, or `pending` while it is not finished."),
        ),
    ]
}

fn network() -> Kind {
    let own = [(
        "cidr",
        Attribute::optional_computed(Type::String)
            .describe("Its addresses; `10.0.0.0/16` when left out."),
    )];
    let rules = Rules::new(common().into_iter().chain(own))
        .describe("A network that servers are in.")
        .default("cidr", "10.0.0.0/16")
        .replace(When::Changed, ["cidr"]);
    Kind {
        rules: rules.in_the_world(),
        prefix: "net",
        computed: &[],
        parent: None,
    }
}

fn server() -> Kind {
    let own = [
        (
            "network_id",
            Attribute::optional(Type::String).describe("The network it is in."),
        ),
        (
            "image",
            Attribute::required(Type::String).describe("What it is made from."),
        ),
        (
            "size",
            Attribute::optional_computed(Type::String)
                .describe("How large it is; `small` when left out."),
        ),
        (
            "secret",
            Attribute::optional(Type::String)
                .sensitive()
                .describe("Not to be shown."),
        ),
        (
            "address",
            Attribute::computed(Type::String).describe("Stays as long as it exists."),
        ),
        (
            "public_address",
            Attribute::computed(Type::String).describe("Changes with its size."),
        ),
    ];
    let port = [
        (
            "number",
            Attribute::required(Type::Number).describe("Which port."),
        ),
        (
            "protocol",
            Attribute::optional(Type::String).describe("`tcp` when left out."),
        ),
    ];
    let block = Block {
        attributes: port
            .map(|(name, attribute)| (name.into(), attribute))
            .into(),
        description: "A port that is open.".into(),
        ..Block::default()
    };
    let rules = Rules::new(common().into_iter().chain(own))
        .block(
            "port",
            NestedBlock {
                nesting: Nesting::Set,
                block,
                min_items: 0,
                max_items: 0,
            },
        )
        .describe("A server.")
        .default("size", "small")
        .replace(When::Changed, ["network_id", "image"]);
    Kind {
        rules: rules.in_the_world(),
        prefix: "srv",
        computed: &[
            ("address", Made::Address),
            ("public_address", Made::SizedAddress),
        ],
        parent: Some(("network_id", "sim_network")),
    }
}

fn volume() -> Kind {
    let own = [
        (
            "size_gb",
            Attribute::required(Type::Number).describe("How large it is; it cannot shrink."),
        ),
        (
            "server_id",
            Attribute::optional(Type::String).describe("The server that uses it."),
        ),
    ];
    let rules = Rules::new(common().into_iter().chain(own)).describe("A disk.");
    let parent = Some(("server_id", "sim_server"));
    Kind {
        rules: rules.in_the_world(),
        prefix: "vol",
        computed: &[],
        parent,
    }
}

fn database() -> Kind {
    let own = [
        (
            "engine",
            Attribute::required(Type::String).describe("What kind it is."),
        ),
        (
            "version",
            Attribute::optional(Type::String).describe("Which version of that."),
        ),
        (
            "password",
            Attribute::optional(Type::String)
                .sensitive()
                .describe("Not to be shown."),
        ),
        (
            "deletion_protection",
            Attribute::optional_computed(Type::Bool)
                .describe("It cannot be destroyed; false when left out."),
        ),
        (
            "network_id",
            Attribute::optional(Type::String).describe("The network it is in."),
        ),
        (
            "endpoint",
            Attribute::computed(Type::String).describe("Where it answers."),
        ),
    ];
    let rules = Rules::new(common().into_iter().chain(own))
        .describe("A database.")
        .default("deletion_protection", false)
        .replace(When::Changed, ["engine", "network_id"]);
    Kind {
        rules: rules.in_the_world(),
        prefix: "db",
        computed: &[("endpoint", Made::Endpoint)],
        parent: Some(("network_id", "sim_network")),
    }
}

impl Kind {
    /// Says what an object would become.
    pub(crate) fn plan(&self, request: PlanRequest) -> PlanResponse {
        let prior = request.prior.clone();
        let mut answer = self.rules.plan(request);
        if prior.is_null() || answer.planned.is_null() || answer.planned == prior {
            return answer;
        }
        let planned = answer.planned.clone();
        let changes = |name: &str| prior.get(name) != planned.get(name);
        if changes("size") && planned.get("size").is_some() {
            let unknown = Value::unknown_not_null(Type::String);
            answer.planned = attributes::with(&answer.planned, [("public_address", unknown)]);
        }
        if changes("name") && planned.get("endpoint").is_some() {
            let unknown = Value::unknown_not_null(Type::String);
            answer.planned = attributes::with(&answer.planned, [("endpoint", unknown)]);
        }
        if let (Some(was), Some(now)) = (
            attributes::whole(&prior, "size_gb"),
            attributes::whole(&answer.planned, "size_gb"),
        ) && now < was
        {
            answer
                .requires_replace
                .push(Path::root().attribute("size_gb"));
        }
        answer
    }

    /// What is wrong with a configuration whose types are right.
    pub(crate) fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let mut found = Vec::new();
        if attributes::text(config, "name").is_some_and(str::is_empty) {
            found.push(
                ProviderError::permanent("`name` is empty").at(Path::root().attribute("name")),
            );
        }
        if let Some(size) = config.get("size_gb").and_then(Value::as_number)
            && size.to_i64().is_none_or(|size| size < 1)
        {
            let message = "`size_gb` must be a whole number of at least 1";
            found.push(ProviderError::permanent(message).at(Path::root().attribute("size_gb")));
        }
        found
    }

    /// The id of the object that is made as the `number`th.
    pub(crate) fn id(&self, number: u64) -> Str {
        format!("{}-{number:06}", self.prefix).into()
    }

    /// The object under an id, with everything computed.
    pub(crate) fn finished(&self, planned: &Value, id: &str, status: &str) -> Value {
        let number: u64 = id
            .rsplit('-')
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        let (high, low) = (number / 250 % 250, number % 250);
        let value = |made: &Made| match made {
            Made::Address => format!("10.0.{high}.{low}"),
            Made::SizedAddress => {
                let size: u64 = attributes::text(planned, "size")
                    .unwrap_or_default()
                    .bytes()
                    .map(u64::from)
                    .sum();
                format!("198.18.{}.{low}", (high + size) % 250)
            }
            Made::Endpoint => format!(
                "{}.db.sim",
                attributes::text(planned, "name").unwrap_or_default()
            ),
        };
        let computed = self
            .computed
            .iter()
            .map(|(name, made)| (*name, Value::string(value(made))));
        let own = [("id", Value::from(id)), ("status", Value::from(status))];
        attributes::with(planned, computed.chain(own))
    }

    /// Whether an object can be as it is planned beside what exists.
    ///
    /// # Errors
    /// When the object it names is not there.
    pub(crate) fn fits(&self, planned: &Value, contents: &Contents) -> Result<(), ProviderError> {
        let Some((attribute, rtype)) = self.parent else {
            return Ok(());
        };
        let Some(id) = attributes::text(planned, attribute) else {
            return Ok(());
        };
        let is_there = contents
            .objects
            .get(id)
            .is_some_and(|object| object.rtype == rtype);
        if is_there {
            return Ok(());
        }
        let error = ProviderError::permanent(format!("there is no {rtype} `{id}`"));
        Err(error.at(Path::root().attribute(attribute)))
    }
}

/// Whether the object of this id can be removed.
///
/// # Errors
/// When it is protected, or another object uses it.
pub(crate) fn may_go(
    id: &str,
    contents: &Contents,
    kinds: &BTreeMap<&'static str, Kind>,
) -> Result<(), ProviderError> {
    let Some(object) = contents.objects.get(id) else {
        return Ok(());
    };
    if attributes::flag(&object.value, "deletion_protection") == Some(true) {
        return Err(ProviderError::permanent(format!(
            "`{id}` is protected against deletion"
        )));
    }
    let uses = |other: &&crate::world::SimObject| {
        let parent = kinds.get(other.rtype.as_str()).and_then(|kind| kind.parent);
        parent.is_some_and(|(attribute, _)| attributes::text(&other.value, attribute) == Some(id))
    };
    match contents.objects.values().find(uses) {
        None => Ok(()),
        Some(other) => {
            let message = format!("`{id}` is in use by `{}`", other.id);
            Err(ProviderError::new(ErrorClass::Conflict, message))
        }
    }
}

/// The data source `sim_network`: a network by its name.
pub(crate) fn network_data() -> Arc<Schema> {
    let attributes = [
        (
            "name",
            Attribute::required(Type::String).describe("The network's name."),
        ),
        (
            "id",
            Attribute::computed(Type::String).describe("What the cloud calls it."),
        ),
        (
            "cidr",
            Attribute::computed(Type::String).describe("Its addresses."),
        ),
    ];
    let block = Block {
        attributes: attributes
            .map(|(name, attribute)| (name.into(), attribute))
            .into(),
        description: "A network by its name.".into(),
        ..Block::default()
    };
    Arc::new(Schema { version: 0, block })
}
