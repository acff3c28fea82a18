//! Objects whose provider configuration the definition has no more are out of reach: neither lost nor destroyed.

use engine::Sight;
use model::plan::PlanMode;
use sim::Script;

use crate::bed::{Applying, Bed, environment, planned_steps, process, said};
use crate::definitions::definition;

const PROVIDER: &str = "provider \"sim\" {\n  alias = \"b\"\n  seed = 1\n}\n";
const NETWORK: &str = "resource \"sim_network\" \"b\" {\n  provider = sim.b\n  name = \"b\"\n}\n";

fn made() -> Bed {
    let bed = Bed::new();
    let text = definition(&format!("{PROVIDER}{NETWORK}"));
    let engine = bed.engine(&text, Script::default());
    let planned = process(engine.plan());
    assert!(process(engine.apply(planned, Applying::default())).is_success());
    bed
}

#[test]
fn an_object_whose_provider_configuration_is_gone_is_out_of_reach() {
    let bed = made();
    let engine = bed.engine(&definition(""), Script::default());
    for mode in [PlanMode::Normal, PlanMode::Destroy, PlanMode::RefreshOnly] {
        let (planned, found) = process(engine.try_plan(mode));
        assert!(planned.is_none(), "{mode:?}");
        let ids: Vec<&str> = found.iter().map(|found| &*found.id).collect();
        assert_eq!(
            ids,
            ["provider-configuration-gone"],
            "{mode:?}: {}",
            said(&found)
        );
    }
    let looked = process(engine.look());
    assert!(
        matches!(looked.seen.as_slice(), [seen] if matches!(seen.sight, Sight::Unreadable(_))),
        "{:?}",
        looked.seen
    );
    let recorded = engine::record::read(&engine.store, &environment()).unwrap();
    assert_eq!((recorded.count(), bed.objects().len()), (1, 1));
}

#[test]
fn with_its_block_alone_an_object_is_destroyed() {
    let bed = made();
    let engine = bed.engine(&definition(PROVIDER), Script::default());
    let planned = process(engine.plan());
    assert_eq!(planned_steps(&planned.plan), ["Destroy sim_network.b"]);
}

#[test]
fn what_is_only_to_be_forgotten_needs_no_provider() {
    let bed = made();
    let removed = "removed {\n  from = sim_network.b\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let engine = bed.engine(&definition(removed), Script::default());
    let planned = process(engine.plan());
    assert!(process(engine.apply(planned, Applying::default())).is_success());
    let recorded = engine::record::read(&engine.store, &environment()).unwrap();
    assert_eq!((recorded.count(), bed.objects().len()), (0, 1));
}
