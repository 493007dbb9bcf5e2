//! The kinds of task that the shipped classifier tells apart, and which tier does for each.

use indexmap::IndexMap;
use std::sync::Arc;

/// How good a model has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Any model does.
    Cheap,
    /// One that writes well.
    Middle,
    /// One that thinks.
    Premium,
}

/// The specification's defaults ("Tiers and tasks").
const TASKS: [(&str, Level); 12] = [
    ("knowledge_qa", Level::Cheap),
    ("chat_command", Level::Cheap),
    ("classification", Level::Cheap),
    ("extraction", Level::Cheap),
    ("context_qa", Level::Cheap),
    ("summarization", Level::Middle),
    ("rewrite", Level::Middle),
    ("creative_writing", Level::Middle),
    ("open_ended", Level::Middle),
    ("reasoning", Level::Premium),
    ("math", Level::Premium),
    ("code", Level::Premium),
];

/// What a model is told of each.
const SENTENCES: [&str; 12] = [
    "a question of fact, answered from general knowledge",
    "small talk, or a command to an assistant, such as to set an alarm",
    "to put a given text into one of several classes, or to judge it",
    "to find given pieces of information in a given text",
    "a question to be answered from a given text",
    "to make a given text shorter",
    "to say a given text in another way, or in another language",
    "to write a story, a poem, a speech, an advertisement or the like",
    "advice, opinions, plans, or a long explanation",
    "a puzzle, or a question that takes several steps of thought",
    "to calculate, to prove, or to solve a problem in mathematics",
    "to write, explain, change or mend a program, a query or a command",
];

/// All tasks, with a sentence on each.
pub(super) fn labels() -> IndexMap<Arc<str>, String> {
    names().zip(SENTENCES).map(|(name, sentence)| (Arc::from(name), sentence.to_owned())).collect()
}

/// All tasks.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TASKS.iter().map(|(name, _)| *name)
}

/// Whether there is such a task.
pub(crate) fn is_known(task: &str) -> bool {
    names().any(|name| name == task)
}

/// Of `n_tiers`, the cheapest first, the position of the one that `task` goes to; `None` for a task that is not known.
pub(super) fn usual_tier(task: &str, n_tiers: usize) -> Option<usize> {
    let (_, level) = TASKS.iter().find(|(name, _)| *name == task)?;
    Some(match level {
        Level::Cheap => 0,
        Level::Middle => n_tiers / 2,
        Level::Premium => n_tiers.saturating_sub(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_of_so_many_tiers_a_task_goes_to() {
        let check = |n_tiers, expected: [usize; 3]| {
            let tiers = ["extraction", "rewrite", "code"].map(|task| usual_tier(task, n_tiers).unwrap());
            assert_eq!(expected, tiers, "{n_tiers}");
        };
        check(1, [0, 0, 0]);
        check(2, [0, 1, 1]);
        check(3, [0, 1, 2]);
        check(4, [0, 2, 3]);
        assert_eq!(None, usual_tier("poetry", 3));
    }
}
