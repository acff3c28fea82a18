//! `terraform_data`, as the real one answers.

use contract::Object;
use model::{Path, Type, Value};

use crate::harness::Bench;

fn config(bench: &Bench, input: Value, trigger: Value) -> Value {
    bench.config(
        "terraform_data",
        [("input", input), ("triggers_replace", trigger)],
    )
}

#[tokio::test]
async fn a_new_one_has_an_unknown_output_only_where_there_is_input() {
    let bench = Bench::new("terraform");
    let with = bench
        .plan(
            "terraform_data",
            &Object::nothing(),
            &config(&bench, Value::int(1), Value::NULL),
        )
        .await
        .unwrap();
    assert_eq!(
        with.planned.get("output"),
        Some(&Value::unknown(Type::Number))
    );
    assert_eq!(
        with.planned.get("id"),
        Some(&Value::unknown_not_null(Type::String))
    );
    let without = bench
        .plan(
            "terraform_data",
            &Object::nothing(),
            &config(&bench, Value::NULL, Value::NULL),
        )
        .await
        .unwrap();
    assert_eq!(without.planned.get("output"), Some(&Value::NULL));
}

#[tokio::test]
async fn output_follows_input_in_place_and_the_id_stays() {
    let bench = Bench::new("terraform");
    let made = bench
        .create(
            "terraform_data",
            &config(&bench, Value::int(1), Value::NULL),
        )
        .await
        .unwrap();
    let changed = config(&bench, Value::from("x"), Value::NULL);
    let plan = bench.plan("terraform_data", &made, &changed).await.unwrap();
    assert_eq!(plan.requires_replace, []);
    assert_eq!(
        plan.planned.get("output"),
        Some(&Value::unknown(Type::String))
    );
    let updated = bench
        .update("terraform_data", &made, &changed)
        .await
        .unwrap();
    assert_eq!(updated.value.get("output"), Some(&Value::from("x")));
    assert_eq!(updated.value.get("id"), made.value.get("id"));
}

#[tokio::test]
async fn a_trigger_replaces_it() {
    let bench = Bench::new("terraform");
    let made = bench
        .create("terraform_data", &config(&bench, Value::NULL, Value::NULL))
        .await
        .unwrap();
    let plan = bench
        .plan(
            "terraform_data",
            &made,
            &config(&bench, Value::NULL, Value::int(1)),
        )
        .await
        .unwrap();
    assert_eq!(
        plan.requires_replace,
        [Path::root().attribute("triggers_replace")]
    );
}

#[tokio::test]
async fn its_input_may_be_any_number() {
    let bench = Bench::new("terraform");
    let half = Value::Number(model::Number::parse("0.5").unwrap());
    assert_eq!(
        bench
            .refusals("terraform_data", config(&bench, half, Value::NULL))
            .await,
        [""; 0]
    );
}
