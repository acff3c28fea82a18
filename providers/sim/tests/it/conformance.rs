//! Every resource type keeps the contract.

use contract::conformance::{Case, Finding, check};
use model::{Type, Value};
use sim::Script;

use crate::harness::{Bench, text};

async fn passes(bench: &Bench, case: &Case) {
    let found = check(bench.provider.clone(), case).await;
    let found: Vec<String> = found.iter().map(Finding::to_string).collect();
    assert!(found.is_empty(), "{}:\n{}", case.rtype, found.join("\n"));
}

fn network_case(bench: &Bench) -> Case {
    let config = |name: &str, cidr: &str| {
        bench.config(
            "sim_network",
            [("name", Value::from(name)), ("cidr", Value::from(cidr))],
        )
    };
    Case {
        beside: Some(config("b", "10.1.0.0/16")),
        update: Some(config("c", "10.0.0.0/16")),
        replace: Some(config("c", "10.2.0.0/16")),
        wrong: vec![
            config("", "10.0.0.0/16"),
            bench.config("sim_network", [("name", Value::int(1))]),
        ],
        import_by: Some("id".into()),
        ..Case::new("sim_network", config("a", "10.0.0.0/16"))
    }
}

#[tokio::test]
async fn networks_keep_the_contract() {
    let bench = Bench::new(Script::default());
    passes(&bench, &network_case(&bench)).await;
}

#[tokio::test]
async fn a_cloud_in_a_file_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clouds/a.json");
    let bench = Bench::on(std::sync::Arc::new(sim::Cloud::in_file(
        Script::default(),
        path,
    )));
    passes(&bench, &network_case(&bench)).await;
}

#[tokio::test]
async fn a_cloud_without_markers_keeps_the_contract() {
    let bench = Bench::new(Script {
        markers: false,
        ..Script::default()
    });
    passes(
        &bench,
        &Case {
            may_not_tell: true,
            ..network_case(&bench)
        },
    )
    .await;
}

#[tokio::test]
async fn servers_keep_the_contract() {
    let bench = Bench::new(Script::default());
    let network = bench
        .create("sim_network", &bench.network("net"))
        .await
        .unwrap();
    let ty = bench
        .provider
        .schema()
        .resources
        .get("sim_server")
        .unwrap()
        .schema
        .block
        .blocks["port"]
        .block
        .value_type();
    let port = |number: i64| {
        Value::object([
            ("number", Value::int(number)),
            ("protocol", Value::Null(Type::String)),
        ])
    };
    let config = |size: &str, image: &str, ports: &[i64]| {
        let attributes = [
            ("name", Value::from("web")),
            ("size", Value::from(size)),
            ("image", Value::from(image)),
            ("network_id", Value::from(text(&network.value, "id"))),
            (
                "port",
                Value::set(
                    ty.clone(),
                    ports.iter().map(|number| port(*number)).collect(),
                ),
            ),
        ];
        bench.config("sim_server", attributes)
    };
    let case = Case {
        beside: Some(config("small", "b", &[])),
        update: Some(config("large", "a", &[80, 443])),
        replace: Some(config("large", "b", &[443])),
        import_by: Some("id".into()),
        ..Case::new("sim_server", config("small", "a", &[80]))
    };
    passes(&bench, &case).await;
}

#[tokio::test]
async fn volumes_and_databases_keep_the_contract() {
    let bench = Bench::new(Script::default());
    let volume = |size: i64| {
        bench.config(
            "sim_volume",
            [("name", Value::from("v")), ("size_gb", Value::int(size))],
        )
    };
    let case = Case {
        update: Some(volume(20)),
        replace: Some(volume(5)),
        wrong: vec![volume(0)],
        ..Case::new("sim_volume", volume(10))
    };
    passes(&bench, &case).await;
    let database = |name: &str, engine: &str| {
        bench.config(
            "sim_database",
            [("name", Value::from(name)), ("engine", Value::from(engine))],
        )
    };
    let case = Case {
        update: Some(database("b", "sql")),
        replace: Some(database("b", "graph")),
        ..Case::new("sim_database", database("a", "sql"))
    };
    passes(&bench, &case).await;
}
