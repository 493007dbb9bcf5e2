//! The kinds of task that the shipped classifier tells apart, and which tier does for each.

use crate::classifier::Classifier;
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

/// Each task, the specification's default for it ("Tiers and tasks"), and what a model is told of it.
const TASKS: [(&str, Level, &str); 12] = [
    ("knowledge_qa", Level::Cheap, "a question of fact, answered from general knowledge"),
    ("chat_command", Level::Cheap, "small talk, or a command to an assistant, such as to set an alarm"),
    ("classification", Level::Cheap, "to put a given text into one of several classes, or to judge it"),
    ("extraction", Level::Cheap, "to find given pieces of information in a given text"),
    ("context_qa", Level::Cheap, "a question to be answered from a given text"),
    ("summarization", Level::Middle, "to make a given text shorter"),
    ("rewrite", Level::Middle, "to say a given text in another way, or in another language"),
    ("creative_writing", Level::Middle, "to write a story, a poem, a speech, an advertisement or the like"),
    ("open_ended", Level::Middle, "advice, opinions, plans, or a long explanation"),
    ("reasoning", Level::Premium, "a puzzle, or a question that takes several steps of thought"),
    ("math", Level::Premium, "to calculate, to prove, or to solve a problem in mathematics"),
    ("code", Level::Premium, "to write, explain, change or mend a program, a query or a command"),
];

/// Each of a classifier's tasks, with a sentence on it: of one that the operator's own log taught, only the name is known.
pub(super) fn labels(classifier: &Classifier) -> IndexMap<Arc<str>, String> {
    let sentence = |task: &str| TASKS.iter().find(|(name, ..)| *name == task).map(|(_, _, sentence)| *sentence);
    let label = |task: &Arc<str>| (Arc::clone(task), sentence(task).unwrap_or("what its name says").to_owned());
    classifier.labels().iter().map(label).collect()
}

/// All tasks.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TASKS.iter().map(|(name, ..)| *name)
}

/// Of `n_tiers`, the cheapest first, the position of the one that `task` goes to; `None` for a task that is not known.
pub(super) fn usual_tier(task: &str, n_tiers: usize) -> Option<usize> {
    let (_, level, _) = TASKS.iter().find(|(name, ..)| *name == task)?;
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
