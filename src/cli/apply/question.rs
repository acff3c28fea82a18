//! Whether a plan may be applied: a person is asked.

use model::plan::Plan;

use crate::cli::invocation::Invocation;
use crate::cli::output::plan::counts;
use crate::cli::output::prompt::{Answer, Question, approve};
use crate::cli::output::write;

/// Asks for approval; says so when nobody can be asked.
pub fn ask(invocation: &Invocation, plan: &Plan) -> bool {
    let found = counts(plan);
    let question = Question {
        what: format!("Apply {} to {}", plan.id, plan.environment),
        environment: plan.environment.to_string(),
        destroys: found.destroy + found.replace,
    };
    invocation.tell_withheld();
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
    let answer = approve(&question, invocation.stderr, &mut input, &mut output);
    if !invocation.is_interactive()
        && matches!(answer, Ok(Answer::Yes | Answer::No | Answer::OtherName))
    {
        // A terminal shows the line that was typed; here the prompt's line is still open.
        write::say("\n");
    }
    match answer {
        Ok(Answer::Yes) => true,
        Ok(Answer::No) => {
            write::say("Not applied; nothing was changed.\n");
            false
        }
        Ok(Answer::OtherName) => {
            let name = &plan.environment;
            write::say(&format!(
                "Not applied; nothing was changed: what destroys wants the environment's name, `{name}`.\n"
            ));
            false
        }
        Ok(Answer::Nothing) | Err(_) => {
            write::say(
                "\nNot applied: nobody answered. To apply without a question: -auto-approve\n",
            );
            false
        }
    }
}
