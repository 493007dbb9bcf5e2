//! What becomes of images, documents and sound.

use super::request::write;
use crate::chat::{Content, Feature, Lost, Media, Message, Part, Request, Role, Source};

const MODEL: &str = "amazon.nova-pro-v1:0";

fn base64(media_type: &'static str) -> Source<'static> {
    Source::Base64 { media_type: media_type.into(), data: "aGk=".into() }
}

fn write_parts(contents: Vec<Content<'_>>) -> (String, Lost) {
    let parts = contents.into_iter().map(Part::new).collect();
    write(&Request { messages: vec![Message::new(Role::User, parts)], ..Request::default() }, MODEL, &[])
}

#[test]
fn what_is_sent() {
    let check = |name: &str, content: Content<'_>, expected: &str| {
        let expected = format!(r#"{{"messages":[{{"role":"user","content":[{expected}]}}]}}"#);

        assert_eq!((expected, Lost::default()), write_parts(vec![content]), "{name}");
    };
    for (media_type, format) in
        [("image/png", "png"), ("image/jpeg", "jpeg"), ("image/gif", "gif"), ("image/webp", "webp")]
    {
        let expected = format!(r#"{{"image":{{"format":"{format}","source":{{"bytes":"aGk="}}}}}}"#);
        check(media_type, Content::Image(Media::new(base64(media_type))), &expected);
    }
    let document = r#"{"document":{"format":"pdf","name":"document","source":{"bytes":"aGk="}}}"#;
    check("a document", Content::Document(Media::new(base64("application/pdf"))), document);
    let text = r#"{"document":{"format":"txt","name":"document","source":{"bytes":"SMOp"}}}"#;
    check("a document of text", Content::Document(Media::new(Source::Text("Hé".into()))), text);
    let sound = r#"{"audio":{"format":"wav","source":{"bytes":"aGk="}}}"#;
    check("sound", Content::Audio(Media::new(base64("audio/x-wav"))), sound);
    let result = Content::Result {
        call_id: "a".into(),
        parts: vec![Part::new(Content::Image(Media::new(base64("image/png"))))],
        is_error: false,
    };
    let expected =
        r#"{"toolResult":{"toolUseId":"a","content":[{"image":{"format":"png","source":{"bytes":"aGk="}}}]}}"#;
    check("an image that a tool gave", result, expected);
}

#[test]
fn how_documents_are_named() {
    let check = |names: &[&'static str], expected: &[&str]| {
        let document = |name: &&'static str| {
            Content::Document(Media { name: Some((*name).into()), ..Media::new(base64("application/pdf")) })
        };
        let (body, _) = write_parts(names.iter().map(document).collect());
        let named: Vec<_> = body.split(r#""name":""#).skip(1).filter_map(|rest| rest.split('"').next()).collect();

        assert_eq!(expected, named);
    };
    check(&["a.pdf", "a.pdf", "a!pdf"], &["a pdf", "a pdf (2)", "a pdf (3)"]);
    check(&["", "漢字.pdf", "漢字"], &["document", "pdf", "document (2)"]);
    check(&[" [x] (1) - y "], &["[x] (1) - y"]);
    check(&["a pdf (2)", "a.pdf", "a.pdf"], &["a pdf (2)", "a pdf", "a pdf (3)"]);
    let long: &str = "x".repeat(500).leak();
    let short = "x".repeat(180);
    check(&[long, long], &[&short, &format!("{short} (2)")]);
}

#[test]
fn what_is_lost() {
    let check = |name: &str, content: Content<'_>, feature: Feature| {
        let mut expected = Lost::default();
        expected.field(feature);

        assert_eq!((r#"{"messages":[]}"#.to_owned(), expected), write_parts(vec![content]), "{name}");
    };
    let url = || Source::Url { url: "https://example.com/a".into(), media_type: None };
    check("an image of another format", Content::Image(Media::new(base64("image/tiff"))), Feature::Image);
    check("an image by its URL", Content::Image(Media::new(url())), Feature::ImageUrl);
    check("an image at another provider", Content::Image(Media::new(Source::File("f".into()))), Feature::FileId);
    check("an image of text", Content::Image(Media::new(Source::Text("x".into()))), Feature::Image);
    check("a document of another format", Content::Document(Media::new(base64("text/x-tex"))), Feature::Document);
    check("a document by its URL", Content::Document(Media::new(url())), Feature::Document);
    check("a document at another provider", Content::Document(Media::new(Source::File("f".into()))), Feature::FileId);
    check("sound of another format", Content::Audio(Media::new(base64("audio/midi"))), Feature::Audio);
    check("sound by its URL", Content::Audio(Media::new(url())), Feature::Audio);
}
