//! `hashicorp/random`, as its documentation says.

use contract::Object;
use model::{Type, Value};

use crate::harness::{Bench, number, text, texts};

#[tokio::test]
async fn an_id_has_the_same_bytes_in_every_spelling() {
    let bench = Bench::new("random");
    let object = bench.import("random_id", "app-,p-9hUg").await.unwrap();
    assert_eq!(text(&object, "hex"), "app-a7ef6152");
    assert_eq!(text(&object, "b64_std"), "app-p+9hUg==");
    assert_eq!(text(&object, "b64_url"), "app-p-9hUg");
    assert_eq!(text(&object, "dec"), format!("app-{}", 0xa7ef_6152_u32));
    assert_eq!(text(&object, "id"), "p-9hUg");
    assert_eq!(number(&object, "byte_length"), 4);
}

#[tokio::test]
async fn a_string_has_what_it_is_asked_for() {
    let bench = Bench::new("random");
    let config = bench.config(
        "random_string",
        [
            ("length", Value::int(40)),
            ("upper", Value::Bool(false)),
            ("min_numeric", Value::int(5)),
            ("min_special", Value::int(3)),
            ("override_special", Value::from("/@")),
        ],
    );
    let object = bench.create("random_string", &config).await.unwrap();
    let result = text(&object, "result");
    assert_eq!(result.chars().count(), 40);
    assert!(result.chars().filter(char::is_ascii_digit).count() >= 5);
    assert!(result.chars().filter(|c| "/@".contains(*c)).count() >= 3);
    assert!(
        result
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_lowercase() || "/@".contains(c))
    );
}

#[tokio::test]
async fn a_password_and_its_hash_are_secret_and_agree() {
    let bench = Bench::new("random");
    let schema = bench
        .provider
        .schema()
        .resources
        .get("random_password")
        .unwrap();
    for name in ["result", "bcrypt_hash"] {
        assert!(schema.schema.block.attributes.get(name).unwrap().sensitive);
    }
    let config = bench.config("random_password", [("length", Value::int(100))]);
    let object = bench.create("random_password", &config).await.unwrap();
    let first = &text(&object, "result").as_bytes()[..72];
    let hash = text(&object, "bcrypt_hash");
    assert!(hash.starts_with("$2a$10$"));
    assert!(bcrypt::verify(first, hash).unwrap());
    assert_eq!(text(&object, "id"), "none");
}

#[tokio::test]
async fn numeric_and_its_old_name_go_together() {
    let bench = Bench::new("random");
    for name in ["number", "numeric"] {
        let config = bench.config(
            "random_string",
            [("length", Value::int(30)), (name, Value::Bool(false))],
        );
        let plan = bench
            .plan("random_string", &Object::nothing(), &config)
            .await
            .unwrap();
        assert_eq!(plan.planned.get("number"), Some(&Value::Bool(false)));
        assert_eq!(plan.planned.get("numeric"), Some(&Value::Bool(false)));
        let object = bench.create("random_string", &config).await.unwrap();
        assert!(!text(&object, "result").contains(|c: char| c.is_ascii_digit()));
    }
    let both = [
        ("length", Value::int(3)),
        ("number", Value::Bool(true)),
        ("numeric", Value::Bool(false)),
    ];
    let found = bench
        .refusals("random_string", bench.config("random_string", both))
        .await;
    assert_eq!(
        found,
        ["`number` is true and `numeric` is false: leave out `number`"]
    );
}

#[tokio::test]
async fn what_no_string_can_be_is_refused() {
    let bench = Bench::new("random");
    let config = bench.config(
        "random_string",
        [
            ("length", Value::int(3)),
            ("min_lower", Value::int(4)),
            ("special", Value::Bool(false)),
            ("upper", Value::Bool(false)),
            ("lower", Value::Bool(false)),
            ("numeric", Value::Bool(false)),
        ],
    );
    assert_eq!(
        bench.refusals("random_string", config).await,
        [
            "`length` is 3, but the `min_*` arguments ask for 4",
            "one of `special`, `upper`, `lower` and `numeric` must be true",
        ],
    );
    let fraction = bench.config(
        "random_string",
        [(
            "length",
            Value::Number(model::Number::parse("1.5").unwrap()),
        )],
    );
    assert_eq!(
        bench.refusals("random_string", fraction).await,
        ["`length` is not a whole number of at most 64 bits"],
    );
}

#[tokio::test]
async fn an_integer_lies_in_its_range_and_a_seed_fixes_it() {
    let bench = Bench::new("random");
    let config = |min: i64, max: i64, seed: Option<&str>| {
        let seed = seed.map_or(Value::Null(Type::String), Value::from);
        bench.config(
            "random_integer",
            [
                ("min", Value::int(min)),
                ("max", Value::int(max)),
                ("seed", seed),
            ],
        )
    };
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let object = bench
            .create("random_integer", &config(-1, 1, None))
            .await
            .unwrap();
        seen.insert(number(&object, "result"));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-1, 0, 1]);
    let whole = bench
        .create("random_integer", &config(i64::MIN, i64::MAX, Some("a")))
        .await
        .unwrap();
    let again = bench
        .create("random_integer", &config(i64::MIN, i64::MAX, Some("a")))
        .await
        .unwrap();
    assert_eq!(number(&whole, "result"), number(&again, "result"));
}

#[tokio::test]
async fn a_shuffle_repeats_only_after_all_were_used() {
    let bench = Bench::new("random");
    let config = bench.config(
        "random_shuffle",
        [
            ("input", texts(&["a", "b", "c"])),
            ("result_count", Value::int(7)),
            ("seed", Value::from("s")),
        ],
    );
    let object = bench.create("random_shuffle", &config).await.unwrap();
    let result: Vec<String> = object
        .value
        .get("result")
        .unwrap()
        .as_items()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_string())
        .collect();
    assert_eq!(result.len(), 7);
    for round in result.chunks(3) {
        let distinct: std::collections::BTreeSet<&String> = round.iter().collect();
        assert_eq!(distinct.len(), round.len());
    }
    let again = bench.create("random_shuffle", &config).await.unwrap();
    assert_eq!(object.value, again.value);
}

#[tokio::test]
async fn a_pet_has_its_prefix_and_words() {
    let bench = Bench::new("random");
    let config = bench.config(
        "random_pet",
        [
            ("prefix", Value::from("x")),
            ("separator", Value::from("_")),
            ("length", Value::int(3)),
        ],
    );
    let object = bench.create("random_pet", &config).await.unwrap();
    let words: Vec<&str> = text(&object, "id").split('_').collect();
    assert_eq!(words.len(), 4);
    assert_eq!(words[0], "x");
    assert!(words[1].ends_with('y'), "{words:?}");
}

#[tokio::test]
async fn an_old_record_of_a_password_is_brought_up_to_date() {
    let bench = Bench::new("random");
    let stored = Value::object([
        ("id", Value::from("none")),
        ("result", Value::from("secret")),
        ("length", Value::int(6)),
        ("number", Value::Bool(false)),
    ]);
    let upgraded = bench.upgrade("random_password", 0, stored).await.unwrap();
    assert_eq!(upgraded.get("numeric"), Some(&Value::Bool(false)));
    assert_eq!(upgraded.get("lower"), Some(&Value::Bool(true)));
    assert!(
        bcrypt::verify(
            "secret",
            upgraded.get("bcrypt_hash").unwrap().as_str().unwrap()
        )
        .unwrap()
    );
    assert!(
        bench
            .upgrade("random_password", 9, Value::NULL)
            .await
            .is_err()
    );
}
