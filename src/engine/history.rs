//! What happened in a run, as it is kept: begin and end of steps are in the journal, all other events are kept as they
//! were told. Entry point: [`events`].

use model::clock::Timestamp;
use model::event::{Event, EventKind};
use model::plan::{StepId, StepKind};
use model::serial::RunId;
use state::{EventRow, How, JournalRow, RecordError, RunRow, Store};

/// Reads the events of a run again, in their order.
///
/// Steps whose results another run recorded have no end here. An event that this version does not know is left out.
///
/// # Errors
/// When there is no such run, or the record cannot be read.
pub fn events(store: &Store, run: RunId) -> Result<Vec<Event>, RecordError> {
    let row = store.run(run)?;
    let journal = store.journal(run)?;
    let mut events: Vec<Event> = store.events(run)?.iter().filter_map(kept).collect();
    let tells_its_start = |event: &Event| matches!(event.kind, EventKind::RunStarted { .. });
    if !journal.is_empty() && !events.iter().any(tells_its_start) {
        events.extend(start(&row, journal.len()));
    }
    for step in &journal {
        add_step(step, run, &mut events);
    }
    // What has one time stands in the order of a run; the sort keeps the order of what is alike.
    events.sort_by_key(|event| (event.at, turn(&event.kind)));
    Ok(events)
}

/// Whether an event is kept as it is told: what the journal says is not said twice, and what is seen before a run is
/// none of it.
pub(crate) fn is_kept(kind: &EventKind) -> bool {
    match kind {
        EventKind::StepStarted { kind, .. } | EventKind::StepDone { kind, .. } => {
            // Data is read without an entry in the journal.
            *kind == StepKind::Read
        }
        // A retry is written durably before it begins.
        EventKind::StepRetried { .. }
        | EventKind::ObserveStarted { .. }
        | EventKind::ObjectAsked { .. }
        | EventKind::ObjectSeen { .. }
        | EventKind::Observed { .. } => false,
        EventKind::RunStarted { .. }
        | EventKind::AskRetried { .. }
        | EventKind::StepFailed { .. }
        | EventKind::StepSkipped { .. }
        | EventKind::Stopping { .. }
        | EventKind::RunFinished { .. }
        | EventKind::Sighted { .. }
        | EventKind::CheckStarted { .. }
        | EventKind::CheckFinished { .. } => true,
    }
}

/// An event as it is kept; none if it has no text, which none is without.
pub(crate) fn row(at: Timestamp, kind: &EventKind) -> Option<EventRow> {
    let body = serde_json::to_string(kind).ok()?;
    Some(EventRow { at, body })
}

fn kept(row: &EventRow) -> Option<Event> {
    let kind = serde_json::from_str(&row.body).ok()?;
    Some(Event { at: row.at, kind })
}

/// The start of a run that did not keep its own.
fn start(run: &RunRow, steps: usize) -> Option<Event> {
    let plan = run.plan.as_deref()?.parse().ok()?;
    let kind = EventKind::RunStarted {
        run: run.id,
        plan,
        environment: run.environment.clone(),
        steps: steps as u64,
    };
    Some(Event {
        at: run.started,
        kind,
    })
}

fn add_step(row: &JournalRow, run: RunId, events: &mut Vec<Event>) {
    let (Ok(step), Some(kind)) = (u32::try_from(row.step).map(StepId), kind_of(&row.action)) else {
        return;
    };
    let addr = row.addr.clone();
    let ended = row.result.as_ref().filter(|result| result.run == run);
    let done = ended.filter(|result| result.how == How::Done);
    // A step that went well leaves the object's id as its detail.
    let id = done.and_then(|result| result.detail.as_deref().map(Into::into));
    let began = row.at;
    events.push(Event {
        at: began,
        kind: EventKind::StepStarted {
            step,
            kind,
            addr: addr.clone(),
            id: Option::clone(&id).filter(|_| kind != StepKind::Create),
        },
    });
    if let Some(result) = done {
        let ended = result.at;
        events.push(Event {
            at: ended,
            kind: EventKind::StepDone {
                step,
                kind,
                addr,
                id,
                took: ended.since(began),
            },
        });
    }
}

/// What the journal's word for a step says.
fn kind_of(action: &str) -> Option<StepKind> {
    [
        StepKind::Create,
        StepKind::Update,
        StepKind::Destroy,
        StepKind::Read,
        StepKind::Move,
        StepKind::Import,
        StepKind::Forget,
        StepKind::Refresh,
    ]
    .into_iter()
    .find(|kind| kind.word() == action)
}

/// The place of what happened at one time.
fn turn(kind: &EventKind) -> u8 {
    match kind {
        EventKind::ObserveStarted { .. }
        | EventKind::ObjectAsked { .. }
        | EventKind::ObjectSeen { .. }
        | EventKind::Observed { .. } => 0,
        EventKind::RunStarted { .. } => 1,
        EventKind::StepStarted { .. } => 2,
        EventKind::StepRetried { .. }
        | EventKind::AskRetried { .. }
        | EventKind::Stopping { .. } => 3,
        EventKind::StepDone { .. }
        | EventKind::StepFailed { .. }
        | EventKind::StepSkipped { .. } => 4,
        EventKind::RunFinished { .. } => 5,
        EventKind::CheckStarted { .. } | EventKind::CheckFinished { .. } => 6,
        EventKind::Sighted { .. } => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_as_it_was() {
        let kind = EventKind::StepFailed {
            step: StepId(3),
            kind: StepKind::Create,
            addr: "module.a[\"b\"].aws_vpc.main[2]".parse().unwrap(),
            took: std::time::Duration::from_millis(1500),
            diagnostic: Box::new(model::Diagnostic::error("provider-refused", "no").note("why")),
            refusal: Some(model::event::Refusal {
                class: "throttled".into(),
                attempts: 5,
            }),
        };
        assert!(is_kept(&kind));
        let read = kept(&row(Timestamp(7), &kind).unwrap()).unwrap();
        assert_eq!(
            read,
            Event {
                at: Timestamp(7),
                kind
            }
        );
    }
}
