//! Reads a data source in an apply. Nothing in the world changes by it, so that it is not journaled, and can be asked
//! again whenever an error may pass.

use std::sync::Arc;

use contract::{DataRequest, Provider, Secrets};
use model::address::{InstanceAddr, Mode};
use model::plan::StepId;
use model::schema::Schema;
use model::value::SecretTexts;
use model::{Diagnostic, Value};
use state::RunWriter;

use crate::asking::Asking;
use crate::claims;
use crate::plan::marks;
use crate::{plugins, secrets};

/// A read, with everything it needs.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) step: StepId,
    pub(super) addr: InstanceAddr,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) schema: Arc<Schema>,
    /// The configuration, with marks and wholly known.
    pub(super) config: Value,
    pub(super) asking: Asking,
    /// Texts of the plan that a provider's error must not show.
    pub(super) secrets: Arc<Secrets>,
    /// Texts of the definition that are secret also inside of others.
    pub(super) secret_texts: SecretTexts,
}

impl Reading {
    /// Refuses what another environment has.
    fn is_own(&self, run: &RunWriter) -> Result<(), Box<Diagnostic>> {
        let rtype = &self.addr.block.rtype;
        let looked_at = claims::looked_at(&*self.provider, Mode::Data, rtype, &self.config);
        if looked_at.is_empty() {
            return Ok(());
        }
        let found = run.claimants(&looked_at).map_err(|error| {
            let message = format!("cannot tell whose it is that `{}` reads", self.addr);
            let diagnostic = Diagnostic::error("record-unreadable", message);
            Box::new(diagnostic.note(error.to_string()).about(self.addr.clone()))
        })?;
        match claims::foreign(&self.addr, run.environment(), &looked_at, &found) {
            Some(foreign) => Err(Box::new(foreign)),
            None => Ok(()),
        }
    }

    /// What the data source answers, with marks.
    ///
    /// # Errors
    /// When it has no answer, or is about what another environment than the run's has.
    pub(super) async fn read(&self, run: &RunWriter) -> Result<Value, Box<Diagnostic>> {
        self.is_own(run)?;
        let (config, paths) = self.config.clone().unmark_paths();
        let rtype = &self.addr.block.rtype;
        let ask = || {
            let (rtype, config) = (rtype.clone(), config.clone());
            self.provider.read_data(DataRequest { rtype, config })
        };
        match self.asking.one(ask).await {
            Ok(answer) => {
                let block = &self.schema.block;
                let has_sensitive = block.has_sensitive();
                let texts = &self.secret_texts;
                Ok(marks::mark(
                    answer.value,
                    &paths,
                    block,
                    has_sensitive,
                    texts,
                ))
            }
            Err(error) => {
                let what = format!("cannot read `{}`", self.addr);
                let secrets = self.secrets.and(&secrets::marked_in([&self.config]));
                let diagnostic = plugins::diagnostic("provider-failed", &error, &what, &secrets);
                Err(Box::new(diagnostic.about(self.addr.clone())))
            }
        }
    }
}
