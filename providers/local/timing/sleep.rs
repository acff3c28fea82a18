//! `time_sleep`: waiting, after what it depends on is made or before that is removed.

use async_trait::async_trait;
use contract::{ApplyError, ApplyRequest, Found, Object, ProviderError};
use model::schema::Attribute;
use model::{Path, Type, Value};

use super::moment::Moment;
use super::{no_triggers, one_of, triggers};
use crate::kind::{Change, WorldType};
use crate::world::World;
use contract::attributes;
use contract::duration;
use contract::rules::{Rules, When};

const DURATIONS: [&str; 2] = ["create_duration", "destroy_duration"];

/// Waiting.
#[derive(Debug)]
pub(super) struct TimeSleep {
    rules: Rules,
    world: World,
}

impl TimeSleep {
    pub(super) fn new(world: World) -> Self {
        let duration = |when: &str| {
            let sentence = format!("How long to wait when it is {when}, such as `30s`.");
            Attribute::optional(Type::String).describe(&sentence)
        };
        let rules = Rules::new([
            triggers(),
            ("create_duration", duration("created")),
            ("destroy_duration", duration("destroyed")),
            (
                "id",
                Attribute::computed(Type::String).describe("When it was created."),
            ),
        ])
        .describe("Waits when it is created or destroyed.")
        .in_the_world()
        .replace(When::Changed, ["triggers"]);
        Self { rules, world }
    }

    fn created(&self, planned: &Value) -> Result<Value, ProviderError> {
        let now = Moment::of(self.world.now())?;
        Ok(attributes::with(
            planned,
            [("id", Value::string(now.text()))],
        ))
    }
}

async fn wait(object: &Value, name: &str) -> Result<(), ProviderError> {
    if let Some(text) = attributes::text(object, name).filter(|text| !text.is_empty()) {
        let duration =
            duration::parse(text).map_err(|error| error.at(Path::root().attribute(name)))?;
        tokio::time::sleep(duration).await;
    }
    Ok(())
}

#[async_trait]
impl WorldType for TimeSleep {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let wrong = |name: &&str| {
            let text = attributes::text(config, name)?;
            duration::parse(text)
                .err()
                .map(|error| error.at(Path::root().attribute(*name)))
        };
        DURATIONS
            .iter()
            .filter_map(wrong)
            .chain(one_of(config, &DURATIONS))
            .collect()
    }

    async fn read(&self, object: Object) -> Result<Option<Object>, ProviderError> {
        Ok(Some(object))
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let private = request.private.clone();
        match Change::of(&request) {
            Change::Create => {
                wait(&request.planned, "create_duration")
                    .await
                    .map_err(ApplyError::nothing)?;
                let value = self
                    .created(&request.planned)
                    .map_err(ApplyError::nothing)?;
                Ok(Some(Object { value, private }))
            }
            Change::Update => Ok(Some(Object {
                value: request.planned,
                private,
            })),
            Change::Destroy => {
                let object = Object {
                    value: request.prior,
                    private,
                };
                let waited = wait(&object.value, "destroy_duration").await;
                waited.map_err(|error| ApplyError::exists(error, object))?;
                Ok(None)
            }
        }
    }

    async fn find(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        // A wait that was not recorded has to be begun anew.
        Ok(match Change::of(&request) {
            Change::Create => Found::Nothing,
            Change::Update | Change::Destroy => Found::Object(Object {
                value: request.prior,
                private: request.private,
            }),
        })
    }

    async fn import(&self, id: &str) -> Result<Object, ProviderError> {
        let usage = || {
            ProviderError::permanent(
                "the id of a `time_sleep` is `CREATE_DURATION,DESTROY_DURATION`",
            )
        };
        let (create, destroy) = id.split_once(',').ok_or_else(usage)?;
        for text in [create, destroy]
            .into_iter()
            .filter(|text| !text.is_empty())
        {
            duration::parse(text)?;
        }
        if create.is_empty() && destroy.is_empty() {
            return Err(usage());
        }
        let given =
            |text: &str| attributes::text_or_null(Some(text).filter(|text| !text.is_empty()));
        let object = self.rules.object([
            ("create_duration", given(create)),
            ("destroy_duration", given(destroy)),
            ("triggers", no_triggers()),
        ]);
        Ok(Object {
            value: self.created(&object)?,
            private: Vec::new(),
        })
    }
}
