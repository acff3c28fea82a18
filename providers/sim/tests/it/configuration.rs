//! The `provider "sim"` block.

use std::sync::Arc;

use contract::{ErrorClass, Provider, ValidateRequest, ValidateSubject};
use model::address::ProviderSource;
use model::{Type, Value};

use crate::harness::Bench;

fn open(directory: &std::path::Path) -> Arc<dyn Provider> {
    let source = ProviderSource {
        host: "registry.terraform.io".into(),
        namespace: "terrace".into(),
        name: "sim".into(),
    };
    sim::open(&source, directory.to_path_buf()).unwrap()
}

fn config<'n>(
    provider: &dyn Provider,
    attributes: impl IntoIterator<Item = (&'n str, Value)>,
) -> Value {
    contract::attributes::with(&provider.schema().provider.block.empty(), attributes)
}

fn failure<'n>(
    provider: &dyn Provider,
    attributes: impl IntoIterator<Item = (&'n str, Value)>,
) -> Value {
    let block = &provider
        .schema()
        .provider
        .block
        .blocks
        .get("failure")
        .unwrap()
        .block;
    let failure = contract::attributes::with(&block.empty(), attributes);
    Value::list(block.value_type(), vec![failure])
}

async fn validate(provider: &dyn Provider, config: Value) -> Vec<String> {
    let request = ValidateRequest {
        subject: ValidateSubject::Provider,
        rtype: "".into(),
        config,
    };
    provider
        .validate(request)
        .await
        .iter()
        .map(|error| error.message.clone())
        .collect()
}

#[tokio::test]
async fn the_cloud_is_in_its_file_for_the_next_program() {
    let directory = tempfile::tempdir().unwrap();
    for (count, name) in ["a", "b"].into_iter().enumerate() {
        let provider = open(directory.path());
        let config = config(&*provider, [("state_file", Value::from("cloud.json"))]);
        assert_eq!(validate(&*provider, config.clone()).await, [""; 0]);
        provider.configure(config).await.unwrap();
        let cloud =
            sim::Cloud::in_file(sim::Script::default(), directory.path().join("cloud.json"));
        let bench = Bench::with(provider, Arc::new(cloud));
        bench
            .create("sim_network", &bench.network(name))
            .await
            .unwrap();
        assert_eq!(bench.names().len(), count + 1);
    }
}

#[tokio::test]
async fn failures_of_the_block_happen() {
    let directory = tempfile::tempdir().unwrap();
    let provider = open(directory.path());
    let calls = Value::list(Type::Number, vec![Value::int(1)]);
    let attributes = [
        ("operation", Value::from("create")),
        ("class", Value::from("quota")),
        ("calls", calls),
        ("message", Value::from("no more networks")),
    ];
    let failure = failure(&*provider, attributes);
    provider
        .configure(config(&*provider, [("failure", failure)]))
        .await
        .unwrap();
    let bench = Bench::with(provider, Arc::new(sim::Cloud::new(sim::Script::default())));
    let error = bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap_err()
        .error;
    assert_eq!(
        (error.class, error.message.as_str()),
        (ErrorClass::Quota, "no more networks")
    );
    bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let provider = open(directory.path());
    let cases = [
        (
            ("latency", Value::from("soon")),
            "`soon` is not a duration such as `500ms`, `30s`, `10m` or `2h`",
        ),
        (
            (
                "failure",
                failure(&*provider, [("after", Value::from("most"))]),
            ),
            "`after` is `most`, must be one of `nothing`, `half`, `done`",
        ),
    ];
    for (attribute, message) in cases {
        assert_eq!(
            validate(&*provider, config(&*provider, [attribute])).await,
            [message]
        );
    }
}
