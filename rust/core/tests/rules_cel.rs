//! Conditions in CEL: what they say of a request, and what their authors read when they are wrong.

#[path = "support/rules.rs"]
mod support;

use support::{compile, facts, rule};
use tiercel_core::rules::{Facts, Undecided};

#[test]
fn what_conditions_say_of_a_request() {
    let check = |source: &str, expected: bool| {
        let decision = rule(&format!("when = '''{source}'''")).decide(&facts());

        assert_eq!((decision.tier.is_some(), decision.undecided), (expected, vec![]), "{source}");
    };
    check("true", true);
    check("false", false);
    check("prompt_tokens > 5", true);
    check("prompt_tokens > 6", false);
    check("prompt_tokens >= 6", true);
    check("prompt_tokens >= 7", false);
    check("prompt_tokens < 6", false);
    check("prompt_tokens < 7", true);
    check("prompt_tokens <= 5", false);
    check("prompt_tokens <= 6", true);
    check("5 < prompt_tokens", true);
    check("6 < prompt_tokens", false);
    check("6 <= prompt_tokens", true);
    check("7 <= prompt_tokens", false);
    check("6 > prompt_tokens", false);
    check("7 > prompt_tokens", true);
    check("5 >= prompt_tokens", false);
    check("6 >= prompt_tokens", true);
    check("prompt_tokens == 6", true);
    check("prompt_tokens != 6", false);
    check("prompt_tokens > -1", true);
    check("prompt_tokens > 5.5", true);
    check("n_messages == 3 && n_images == 1", true);
    check("!has_tools && !has_code", true);
    check("has_tools || has_code", false);
    check("task == 'code' && task_confidence > 0.7", true);
    check("task_confidence > 0", true);
    check("p_cheap < 0.6 ? tenant == 'acme' : false", true);
    check("language == ''", true);
    check("tenant == 'acme' && key != 'acme'", true);
    check("tenant in ['umbrella', 'acme']", true);
    check("n_images in [2, 3]", false);
    check("hour == 18 && weekday == 'thu'", true);
    check("weekday in ['sat', 'sun']", false);
    check("budget_left > 2.0 && budget_left < 3", true);
    check("header['X-Team'] == 'support-eu'", true);
    check("header['x-team'].startsWith('support')", true);
    check("header['x-team'].endsWith('us')", false);
    check("header['x-region'] == ''", true);
    check("'x-team' in header && !('x-region' in header)", true);
    check("metadata.plan == 'gold' && has(metadata.plan)", true);
    check("has(metadata.seats)", false);
    check("key.contains('ho') && size(key) == 4 && key.size() == 4", true);
    check("key + '-' + tenant == 'shop-acme'", true);
    check("(n_messages + 1) * 2 - 8 / 4 % 3 == 6", true);
    check("int(budget_left) == 2 && double(n_images) == 1.0", true);
    check("-n_images < 0", true);
    check("  \n true // a comment", true);
}

#[test]
fn one_side_that_decides_makes_up_for_one_that_cannot_be_evaluated() {
    let check = |source: &str, expected: Result<bool, Undecided>| {
        let unknown = Facts { p_cheap: &|| None, budget_left: None, task: &|| None, ..facts() };
        let mut decision = rule(&format!("when = '''{source}'''")).decide(&unknown);
        let found = decision.undecided.pop().map_or(Ok(decision.tier.is_some()), |(_, why)| Err(why));

        assert_eq!(found, expected, "{source}");
    };
    let unknown = |name: &str| Err(Undecided::Unknown(name.to_owned()));
    check("p_cheap > 0.5", unknown("p_cheap"));
    check("!(p_cheap > 0.5)", unknown("p_cheap"));
    check("p_cheap > 0.5 || true", Ok(true));
    check("p_cheap > 0.5 || false", unknown("p_cheap"));
    check("p_cheap > 0.5 && false", Ok(false));
    check("p_cheap > 0.5 && true", unknown("p_cheap"));
    check("true || p_cheap > 0.5", Ok(true));
    check("false && p_cheap > 0.5", Ok(false));
    check("budget_left < 1.0", unknown("budget_left"));
    check("task == ''", Ok(true));
    check("task_confidence < 1.0", unknown("task_confidence"));
    check("1 / (n_images - 1) == 0", Err(Undecided::Arithmetic));
    check("1 % (n_images - 1) == 0", Err(Undecided::Arithmetic));
    check("n_images + 9223372036854775807 > 0", Err(Undecided::Arithmetic));
    check("n_images * 9223372036854775807 > 0", Ok(true));
    check("int(1e300) > 0", Err(Undecided::Arithmetic));
}

/// The column is that of the file's line `when = '...'`, at which the mistake is.
#[test]
fn a_mistake_is_shown_where_it_is() {
    let check = |source: &str, column: usize, expected: &str| {
        let text = format!("[[routes.auto.rules]]\nname = 'it'\nuse = 'cheap'\nwhen = '{source}'\n");
        let error = compile(&text).expect_err(source);

        assert_eq!((error.line, error.column, error.message.as_str()), (11, column, expected), "{source}");
    };
    check("promt_tokens > 1", 9, "unknown variable `promt_tokens`");
    check("true && promt_tokens > 1", 17, "unknown variable `promt_tokens`");
    check("\"é\" == tennant", 16, "unknown variable `tennant`");
    check("lower(key) == \"a\"", 14, "unknown function `lower`");
    check("key.matches(\"a\")", 20, "unknown function `matches`");
    check("prompt_tokens", 9, "a condition is true or false, and this is an integer");
    check("tenant", 9, "a condition is true or false, and this is a text");
    check("tenant > 3", 16, "two values of one type can be compared, not a text and an integer");
    check("has_tools > has_code", 19, "two values of one type can be compared, not a condition and a condition");
    check("tenant && true", 16, "`&&`, `||` and `!` take conditions, not a text and a condition");
    check("!n_images", 9, "`&&`, `||` and `!` take conditions, not an integer");
    check(
        "n_images + 1.5 > 2.0",
        18,
        "arithmetic takes two integers or two fractions (`2.0`), not an integer and a fraction",
    );
    check(
        "has_tools ? 1 : true",
        19,
        "`? :` takes a condition and two values of one type, not a condition and an integer and a condition",
    );
    check("header == \"a\"", 9, "`header` is a table: ask for one entry of it");
    check("header[key] == \"a\"", 16, "the name of an entry must be written out as a text");
    check("tenant[0] == 1", 15, "only `header` and `metadata` have entries");
    check("tenant.name == \"a\"", 15, "there is no `.name` of that");
    check("tenant in [\"a\", 1]", 25, "what is looked for is a text, and this is an integer");
    check("tenant in tenant", 19, "after `in` stands a list, `header` or `metadata`");
    check("[1] == [1]", 9, "a list stands only after `in`");
    check("[1].exists(x, x > 0)", 19, "loops such as `exists` and `all` are not known here");
    check("1u == 1", 9, "only texts, numbers and `true` or `false` may be written here");
    check("tenant.contains(1)", 24, "`contains` is a function of texts");
    check("tenant ==", 18, "this is not CEL: mismatched input '<EOF>'");
    check("", 9, "this is not CEL: mismatched input '<EOF>'");
    check("\"é\" == \"é\" 1", 20, "this is not CEL: extraneous input '1'");
    check("a b", 11, "this is not CEL: extraneous input 'b'");
    check("\"a", 9, "this is not CEL: token recognition error at: '\"a'");
    check(&format!("{}true{}", "(".repeat(30), ")".repeat(30)), 9, "an expression is at most 24 deep");
    check(&format!("{}1 > 0", "1 + ".repeat(30)), 31, "an expression is at most 24 deep");
    check(&format!("tenant == \"{}\"", "a".repeat(2_000)), 9, "a condition is at most 2000 bytes long");
}
