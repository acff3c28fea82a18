//! A summary shows the danger first, fits, and is no markup of what texts in it say.

use model::change::Action;
use proptest::prelude::*;

use super::super::samples::{a_pipeline, address, environment, subject, subjects};
use super::super::subject::{CheckResult, Checked, Environment, Outcome, Plan, PlannedChange};
use super::*;

#[test]
fn a_summary_shows_the_danger_first_and_everything_else_after_it() {
    insta::assert_snapshot!(markdown(&a_pipeline(), 60_000).text + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `test` | r42 | **failed**: 1 step failed | 1 create, 1 update, **1 destroy**, **1 replace**, 23 unchanged | 1 passed, 1 **failed** |  |
    | `staging` | r42 | done |  |  | 1 missing, 1 changed, 1 unreadable, 1 expected, 1 healed |
    | `production` | r40 | waits |  |  |  |

    ## Destroyed or replaced

    - `test`: **replace** `module.web[0].local_process.server`: triggers cannot change in place
    - `test`: **destroy** `local_file.legacy`: its block was removed from main.tf

    ## test

    - **failed** update `local_file.index`: no space left on the device
    - **skipped** destroy `local_file.legacy`: needs local\_file.index
    - check `health` passed: status 200
    - check `quote` **failed**: status 500, which does not pass

    <details><summary>what it saw</summary>

    ```text
    Internal error
    at orders.rs:12
    ```

    </details>


    <details><summary>changes, plan p7f3a91c</summary>

    - create `module.web[1].local_file.configuration`
    - update `local_file.index`: var.title changed

    </details>

    ## staging

    - missing `module.web[0].local_process.server`, healed, seen for 2h; content differs
    - changed `local_file.index`, left alone, seen for 2h; content differs; rule \`data\` says report
    - expected `local_file.scaled`, seen for 2h; content differs
    - unreadable `local_file.locked`, seen for 2h; content differs

    ## production

    - waits: 1 of 1 approvals by release-managers is missing `terrace approve production r42`
    [EOF]
    "#);
}

#[test]
fn a_summary_that_is_folded_keeps_what_is_destroyed_and_says_what_is_missing() {
    let whole = markdown(&a_pipeline(), 60_000).text.len();
    let small = markdown(&a_pipeline(), whole - 200);
    insta::assert_snapshot!(small.text + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `test` | r42 | **failed**: 1 step failed | 1 create, 1 update, **1 destroy**, **1 replace**, 23 unchanged | 1 passed, 1 **failed** |  |
    | `staging` | r42 | done |  |  | 1 missing, 1 changed, 1 unreadable, 1 expected, 1 healed |
    | `production` | r40 | waits |  |  |  |

    ## Destroyed or replaced

    - `test`: **replace** `module.web[0].local_process.server`
    - `test`: **destroy** `local_file.legacy`

    ## test

    - **failed** update `local_file.index`: no space left on the device
    - **skipped** destroy `local_file.legacy`: needs local\_file.index
    - check `health` passed: status 200
    - check `quote` **failed**: status 500, which does not pass

    <details><summary>changes, plan p7f3a91c</summary>

    - create `module.web[1].local_file.configuration`
    - update `local_file.index`

    </details>

    ## staging

    - missing `module.web[0].local_process.server`, healed
    - changed `local_file.index`, left alone
    - expected `local_file.scaled`
    - unreadable `local_file.locked`

    ## production

    - waits: 1 of 1 approvals by release-managers is missing `terrace approve production r42`

    **Folded to fit into 1311 bytes:** reasons (12); what failed checks saw (1).
    [EOF]
    "#);
}

#[test]
fn a_summary_folds_details_then_reasons_then_lists_then_instances() {
    let whole = markdown(&a_pipeline(), usize::MAX);
    assert_eq!(whole.folded, Vec::<String>::new());
    let mut order: Vec<String> = Vec::new();
    for bytes in (800..whole.text.len()).rev() {
        let mut new = markdown(&a_pipeline(), bytes).folded;
        new.retain(|phrase| !order.contains(phrase) && !phrase.starts_with("the last"));
        order.extend(new);
    }
    insta::assert_snapshot!(order.join("\n") + "\n[EOF]", @r#"
    what failed checks saw (1)
    reasons (12)
    skipped steps (1)
    changes that destroy nothing (2)
    passed checks and expected drift (2)
    destroyed and replaced instances, now by block (2)
    drifted instances (3)
    what to do about what waits (1)
    the table of environments
    [EOF]
    "#);
}

#[test]
fn ten_thousand_destroyed_instances_of_a_block_are_named_by_it() {
    let mut environment = environment("production");
    let changes = (0..10_000).map(|number| PlannedChange {
        action: Action::Destroy,
        address: address(&format!("module.web[{number}].aws_instance.server")),
        reason: "its block was removed".into(),
    });
    environment.plan = Some(Plan {
        id: None,
        changes: changes.collect(),
        unchanged: 0,
    });
    let summary = markdown(&subject(vec![environment]), 2_000).text;
    insta::assert_snapshot!(summary + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `production` | r42 | nothing to do | **10000 destroy**, 0 unchanged |  |  |

    ## Destroyed or replaced

    - `production`: **destroy** `module.web.aws_instance.server` (10000 instances)

    **Folded to fit into 2000 bytes:** destroyed and replaced instances, now by block (10000); reasons (10000).
    [EOF]
    "#);
}

#[test]
fn what_a_text_says_is_no_markup() {
    let mut one = environment("test");
    one.outcome = Outcome::Failed("a | b <img> `c` *d* @everyone\nsecond".into());
    one.checks = vec![Checked {
        name: "a``b".into(),
        result: CheckResult::Failed,
        detail: "</details> # x".into(),
        seen: "one\n```\n</details>".into(),
        took: None,
    }];
    insta::assert_snapshot!(markdown(&subject(vec![one]), 60_000).text + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `test` | r42 | **failed**: a \| b &lt;img&gt; \`c\` \*d\* &#64;everyone |  | 1 **failed** |  |

    ## test

    ```text
    a | b <img> `c` *d* @everyone
    second
    ```

    - check ```a``b``` **failed**: &lt;/details&gt; \# x

    <details><summary>what it saw</summary>

    ````text
    one
    ```
    </details>
    ````

    </details>

    [EOF]
    "#);
}

/// Makes sure that a summary fits, and names all that is destroyed or replaced, whether that fits or not.
fn is_within(subject: &Subject, bytes: usize, summary: &Markdown) {
    let Markdown { text, exceeds, .. } = summary;
    assert_eq!(text.len() > bytes, *exceeds, "{} for {bytes}", text.len());
    let destructive = || {
        subject
            .environments
            .iter()
            .flat_map(Environment::destructive)
    };
    assert!(!exceeds || destructive().next().is_some());
    for change in destructive() {
        let is_named = |address: String| {
            let address = super::escape::code(&address);
            text.contains(&format!("**{}** {address}", change.verb()))
        };
        let (instance, block) = (&change.address, change.address.resource());
        assert!(
            is_named(instance.to_string()) || is_named(block.to_string()),
            "{instance} is not in the summary of {bytes} bytes: {text}"
        );
    }
}

#[test]
fn what_is_destroyed_is_named_whatever_the_size() {
    let subject = a_pipeline();
    for bytes in 0..markdown(&subject, usize::MAX).text.len() + 2 {
        is_within(&subject, bytes, &markdown(&subject, bytes));
    }
    let tiny = markdown(&subject, 10);
    insta::assert_snapshot!(tiny.text + "[EOF]", @"
    ## Destroyed or replaced

    - `test`: **destroy** `local_file.legacy`
    - `test`: **replace** `module.web.local_process.server`

    **Everything else is folded.**
    [EOF]
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_summary_always_fits_unless_it_names_what_is_destroyed_alone(subject in subjects(), bytes in 0..20_000_usize) {
        let summary = markdown(&subject, bytes);
        is_within(&subject, bytes, &summary);
        let whole = markdown(&subject, usize::MAX).text.len();
        prop_assert_eq!(summary.folded.is_empty(), whole <= bytes);
    }

    #[test]
    fn a_summary_is_balanced_while_it_is_only_folded(subject in subjects(), bytes in 3_000..20_000_usize) {
        let Markdown { text, folded, .. } = markdown(&subject, bytes);
        if !folded.iter().any(|phrase| phrase.contains("the table")) {
            let lines = outside_of_code(&text);
            let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
            prop_assert_eq!(count("<details>"), count("</details>"));
            for row in lines.iter().filter(|line| line.starts_with('|')) {
                let borders = row.replace("\\|", "").matches('|').count();
                prop_assert_eq!(borders, 7, "{}", row);
            }
        }
    }
}

/// The lines that are not in a block of code.
fn outside_of_code(text: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = line.strip_suffix("text"),
            None => lines.push(line),
        }
    }
    lines
}
