//! Goes through a conversation, in whichever dialect: all of them are arrays of objects with a role or a type, whose
//! words hardly clash.

use std::borrow::Cow;

use super::Outline;
use super::opening::Opening;
use crate::json::{Cursor, Fault, Shape, Text};

/// Items of `responses` that wait for the client. The other calls are of tools that the provider runs.
const CLIENT_CALLS: [&str; 6] =
    ["function_call", "custom_tool_call", "computer_call", "local_shell_call", "shell_call", "apply_patch_call"];

/// What was read so far.
#[derive(Default)]
pub(super) struct Reader<'a> {
    pub(super) outline: Outline<'a>,
    pub(super) n_text_bytes: u64,
    /// Texts of the message that is being read.
    pub(super) texts: Vec<Text<'a>>,
    opening: Opening,
    /// Texts of the user's last turn.
    last: Vec<Text<'a>>,
    /// Those of the turn before.
    previous: Vec<Text<'a>>,
    side: Option<Side>,
    /// Whether the user has said something since the other side last did.
    has_spoken: bool,
}

/// One message, in a dialect in which that is an object.
#[derive(Default)]
pub(super) struct Message<'a> {
    role: Option<Cow<'a, str>>,
    /// What an item of `responses` is.
    kind: Option<Cow<'a, str>>,
    pub(super) says_something: bool,
    pub(super) has_call: bool,
    pub(super) has_result: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    User,
    Assistant,
}

impl<'a> Reader<'a> {
    /// Passes a conversation: a text, or messages.
    pub(super) fn turns(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        match cursor.shape()? {
            Shape::String => self.prompt(cursor),
            _ => cursor.array_or_skip(|cursor| self.message(cursor)),
        }
    }

    /// Passes what the user says without a message around it: a text, or several.
    pub(super) fn prompt(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let mut message = Message::default();
        self.content(cursor, &mut message)?;
        self.close(&message);
        Ok(())
    }

    /// Passes instructions: a text, parts, or an object that has parts.
    pub(super) fn instructions(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let mut message = Message::default();
        match cursor.shape()? {
            Shape::Object => cursor.object(|cursor, key| match &*key.name() {
                "parts" => self.content(cursor, &mut message),
                _ => cursor.skip().map(drop),
            })?,
            _ => self.content(cursor, &mut message)?,
        }
        self.instruct();
        Ok(())
    }

    /// Passes declarations of tools. Gemini has several in one element.
    pub(super) fn tools(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        cursor.array_or_skip(|cursor| {
            let mut n_declared = None;
            cursor.object_or_skip(|cursor, key| match &*key.name() {
                "functionDeclarations" | "function_declarations" => {
                    let n_declared = n_declared.get_or_insert(0);
                    cursor.array_or_skip(|cursor| {
                        *n_declared += 1;
                        cursor.skip().map(drop)
                    })
                }
                "cache_control" => self.cache_mark(cursor),
                _ => cursor.skip().map(drop),
            })?;
            self.outline.n_tools += n_declared.unwrap_or(1);
            Ok(())
        })
    }

    /// Passes a mark for the provider's cache.
    pub(super) fn cache_mark(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        self.outline.n_cache_marks += u32::from(cursor.shape()? == Shape::Object);
        cursor.skip().map(drop)
    }

    /// What was read.
    pub(super) fn end(self) -> Outline<'a> {
        Outline {
            text: joined(&self.last),
            last_text: self.last.last().map(|text| text.offset()..text.offset() + text.spelt().len()),
            previous: (!self.previous.is_empty()).then(|| joined(&self.previous)),
            opening: self.opening.value(),
            n_text_bytes: self.n_text_bytes.try_into().unwrap_or(usize::MAX),
            ..self.outline
        }
    }

    fn message(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let mut message = Message::default();
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "role" => message.role = cursor.string_or_skip()?.map(Text::name),
                "type" => message.kind = cursor.string_or_skip()?.map(Text::name),
                "content" | "parts" | "output" => self.content(cursor, &mut message)?,
                "tool_calls" => cursor.array_or_skip(|cursor| {
                    message.has_call = true;
                    cursor.object_or_skip(|cursor, key| match &*key.name() {
                        "function" => self.member(cursor, "arguments"),
                        _ => cursor.skip().map(drop),
                    })
                })?,
                "function_call" => {
                    message.has_call |= cursor.shape()? == Shape::Object;
                    self.member(cursor, "arguments")?;
                }
                // Of the items that are calls.
                "arguments" | "input" => self.count(cursor)?,
                "cache_control" => self.cache_mark(cursor)?,
                _ => drop(cursor.skip()?),
            }
            Ok::<_, Fault>(())
        })?;
        self.close(&message);
        Ok(())
    }

    /// Passes a value and counts its bytes as those of text: as they are meant in a string, as they are spelt in others.
    pub(super) fn count(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        self.n_text_bytes += match cursor.shape()? {
            Shape::String => cursor.string()?.n_bytes(),
            _ => cursor.skip()?.len() as u64,
        };
        Ok(())
    }

    /// Takes a message in, whose texts were read.
    fn close(&mut self, message: &Message<'a>) {
        let role = message.role.as_deref().filter(|role| !role.is_empty());
        let kind = message.kind.as_deref();
        let is_item = |is: fn(&str) -> bool| role.is_none() && kind.is_some_and(is);
        let is_call = is_item(|kind| CLIENT_CALLS.contains(&kind));
        let is_result = matches!(role, Some("tool" | "function")) || is_item(|kind| kind.ends_with("_call_output"));
        let side = match role {
            Some("system" | "developer") => return self.instruct(),
            Some("assistant" | "model") => Side::Assistant,
            _ if is_call => Side::Assistant,
            _ if is_result => {
                self.texts.clear();
                Side::User
            }
            Some("user") => Side::User,
            None if matches!(kind, None | Some("message")) => Side::User,
            _ => return self.texts.clear(),
        };
        let is_of_tools = is_call || is_result || message.has_call || message.has_result;
        if message.says_something || is_of_tools {
            self.turn(side, is_of_tools);
        }
        self.texts.clear();
    }

    /// Goes on with the turn of `side`, or begins it.
    fn turn(&mut self, side: Side, is_of_tools: bool) {
        let outline = &mut self.outline;
        if self.side.replace(side) != Some(side) {
            outline.n_messages += 1;
            outline.is_in_tool_loop = false;
            self.has_spoken = false;
        }
        outline.is_in_tool_loop |= is_of_tools;
        if side == Side::Assistant || self.texts.is_empty() {
            return;
        }
        if !std::mem::replace(&mut self.has_spoken, true) {
            outline.n_turns += 1;
            std::mem::swap(&mut self.previous, &mut self.last);
            self.last.clear();
        }
        if outline.n_turns == 1 {
            self.texts.iter().for_each(|text| self.opening.add(text.spelt()));
        }
        self.last.append(&mut self.texts);
    }

    /// Takes in the texts of instructions. Those that come later in a conversation do not tell it apart.
    fn instruct(&mut self) {
        if self.outline.n_turns == 0 {
            self.texts.iter().for_each(|text| self.opening.add(text.spelt()));
        }
        self.texts.clear();
    }
}

fn joined<'a>(texts: &[Text<'a>]) -> Cow<'a, str> {
    match texts {
        [] => "".into(),
        [text] => text.lossy(),
        _ => texts.iter().map(|text| text.lossy()).collect::<Vec<_>>().join("\n").into(),
    }
}
