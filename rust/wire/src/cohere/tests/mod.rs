//! Cohere's second version, both ways.

mod request;
mod answer;
mod stream;
mod embed;
